#include "api.hpp"

#include <cstring>

using namespace standin::nvrtc;

namespace {

standin::Registry<_nvrtcProgram> &programs() {
    static auto &instance = *new standin::Registry<_nvrtcProgram>("nvrtc-program");
    return instance;
}

std::optional<nvrtcResult> begin(const char *function) {
    auto status = standin::enter(function);
    return status ? std::optional(static_cast<nvrtcResult>(*status)) : std::nullopt;
}

/// Begins a call on a program, then runs what it does with it.
template <class Use>
nvrtcResult on(const char *function, nvrtcProgram program, Use use) {
    if (auto status = begin(function)) {
        return *status;
    }
    _nvrtcProgram *found = programs().find(function, program);
    return found == nullptr ? NVRTC_ERROR_INVALID_PROGRAM : use(*found);
}

template <class T>
nvrtcResult give(T *target, T value) {
    if (target == nullptr) {
        return NVRTC_ERROR_INVALID_INPUT;
    }
    *target = value;
    return NVRTC_SUCCESS;
}

nvrtcResult give_text(char *target, const std::string &text, size_t bytes) {
    if (target == nullptr) {
        return NVRTC_ERROR_INVALID_INPUT;
    }
    std::memcpy(target, text.c_str(), bytes);
    return NVRTC_SUCCESS;
}

}  // namespace

nvrtcResult nvrtcCreateProgram(nvrtcProgram *program, const char *text, const char *name, int headers, const char *const *header_texts,
    const char *const *header_names) {
    if (auto status = begin("nvrtcCreateProgram")) {
        return *status;
    }
    if (program == nullptr || text == nullptr || headers < 0 || (headers > 0 && (header_texts == nullptr || header_names == nullptr))) {
        return NVRTC_ERROR_INVALID_INPUT;
    }
    _nvrtcProgram *created = programs().create();
    created->text = text;
    created->name = name == nullptr || *name == 0 ? "default_program" : name;
    for (int i = 0; i < headers; i++) {
        created->headers[header_names[i]] = header_texts[i];
    }
    *program = created;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program) {
    auto status = begin("nvrtcDestroyProgram");
    bool live = program != nullptr && programs().destroy("nvrtcDestroyProgram", *program);
    if (live) {
        *program = nullptr;
    }
    return status ? *status : live ? NVRTC_SUCCESS : NVRTC_ERROR_INVALID_PROGRAM;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char *const *options) {
    return on("nvrtcCompileProgram", program, [&](_nvrtcProgram &found) {
        Options read;
        found.log.clear();
        found.compiled = false;
        return read_options(count, options, read, found.log) ? compile(found, read) : NVRTC_ERROR_INVALID_OPTION;
    });
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *bytes) {
    return on("nvrtcGetProgramLogSize", program, [&](_nvrtcProgram &found) { return give(bytes, found.log.size() + 1); });
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log) {
    return on("nvrtcGetProgramLog", program, [&](_nvrtcProgram &found) { return give_text(log, found.log, found.log.size() + 1); });
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *bytes) {
    return on("nvrtcGetCUBINSize", program, [&](_nvrtcProgram &found) {
        return found.compiled ? give(bytes, found.has_cubin ? found.image.size() : 0) : NVRTC_ERROR_INVALID_PROGRAM;
    });
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *cubin) {
    return on("nvrtcGetCUBIN", program, [&](_nvrtcProgram &found) {
        return found.compiled && found.has_cubin ? give_text(cubin, found.image, found.image.size()) : NVRTC_ERROR_INVALID_PROGRAM;
    });
}

nvrtcResult nvrtcVersion(int *major, int *minor) {
    if (auto status = begin("nvrtcVersion")) {
        return *status;
    }
    give(major, 13);
    return give(minor, 5);
}

const char *nvrtcGetErrorString(nvrtcResult result) {
    constexpr const char *names[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
        "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION",
        "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
        "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR"};
    return result >= 0 && result < int(std::size(names)) ? names[result] : "NVRTC_ERROR unknown";
}
