#include "api.hpp"

#include <algorithm>

namespace standin::nvrtc {

const std::vector<int> architectures{75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

namespace {

// Options that change nothing here, by their names up to a '='.
const std::vector<std::string> ignored{"--fmad", "-fmad", "--use_fast_math", "-use_fast_math", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt",
    "--prec-div", "-prec-div", "--device-debug", "-G", "--generate-line-info", "-lineinfo", "--restrict", "-restrict",
    "--device-as-default-execution-space", "-default-device", "--maxrregcount", "-maxrregcount", "--extra-device-vectorization",
    "-extra-device-vectorization", "--disable-warnings", "-w", "--no-source-include", "-no-source-include", "--dopt", "-dopt",
    "--ptxas-options", "-Xptxas", "--minimal", "-minimal", "--diag-suppress", "-diag-suppress", "--split-compile", "-split-compile"};

struct Option {
    std::string name;
    std::string value;
};

// "--name=value", "-name=value" or "-Xvalue".
Option split(const std::string &text) {
    if (text.size() > 2 && text[0] == '-' && (text[1] == 'D' || text[1] == 'U' || text[1] == 'I')) {
        return {text.substr(0, 2), text.substr(2)};
    }
    size_t sign = text.find('=');
    return sign == std::string::npos ? Option{text, ""} : Option{text.substr(0, sign), text.substr(sign + 1)};
}

bool is(const Option &option, const char *name, const char *shorter) {
    return option.name == name || option.name == shorter;
}

bool read_architecture(const std::string &value, Options &result) {
    result.real = value.rfind("sm_", 0) == 0;
    size_t begin = result.real ? 3 : value.rfind("compute_", 0) == 0 ? 8 : std::string::npos;
    if (begin == std::string::npos) {
        return false;
    }
    size_t end = value.find_first_not_of("0123456789", begin);
    bool plain = end == std::string::npos || (end + 1 == value.size() && (value[end] == 'a' || value[end] == 'f'));
    if (!plain || end == begin || value.size() > 16 || begin == value.size()) {
        return false;
    }
    result.architecture = std::stoi(value.substr(begin));
    return std::find(architectures.begin(), architectures.end(), result.architecture) != architectures.end();
}

bool is_standard(const std::string &value) {
    return value == "c++03" || value == "c++11" || value == "c++14" || value == "c++17" || value == "c++20";
}

}  // namespace

bool read_options(int count, const char *const *options, Options &result, std::string &log) {
    for (int i = 0; i < count; i++) {
        Option option = split(options[i]);
        bool apart = option.value.empty() && i + 1 < count
            && (option.name == "-D" || option.name == "-U" || option.name == "-I" || option.name == "-arch" || option.name == "-std");
        if (apart) {
            option.value = options[++i];
        }
        bool known = true;
        if (is(option, "--gpu-architecture", "-arch")) {
            known = read_architecture(option.value, result);
        } else if (is(option, "--define-macro", "-D")) {
            result.arguments.push_back("-D" + option.value);
        } else if (is(option, "--undefine-macro", "-U")) {
            result.arguments.push_back("-U" + option.value);
        } else if (is(option, "--include-path", "-I")) {
            result.arguments.push_back("-I" + option.value);
        } else if (is(option, "--std", "-std")) {
            known = is_standard(option.value);
        } else {
            known = std::find(ignored.begin(), ignored.end(), option.name) != ignored.end();
        }
        if (!known) {
            log = "host stand-in: unrecognized option " + std::string(options[i]) + "\n";
            return false;
        }
    }
    result.arguments.push_back("-D__CUDA_ARCH__=" + std::to_string(result.architecture * 10));
    result.arguments.push_back("-D__CUDACC_RTC__");
    return true;
}

}  // namespace standin::nvrtc
