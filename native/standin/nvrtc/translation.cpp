// Reads the names of kernels in preprocessed CUDA C and turns it into C++.
#include "api.hpp"

#include <algorithm>
#include <regex>

namespace standin::nvrtc {
namespace {

// Kernels are extern "C", so that their names are those that callers know.
const std::regex &kernel_pattern() {
    static const std::regex pattern(R"(extern\s+"C"\s+standin_global\s+void\s+(\w+)\s*\()");
    return pattern;
}

void replace_word(std::string &text, const std::string &word, const std::string &by) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
        text.replace(at, word.size(), by);
    }
}

// Static shared memory is a section of its own, which each block finds poisoned; blocks run one after another.
// The dynamic one is an array of the table, by whatever name and type.
void replace_shared(std::string &text) {
    const std::string word = "standin_shared";
    const std::string fixed = "static __attribute__((section(\"kernel_memory\"), aligned(16)))";
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        size_t before = text.find_last_not_of(" \t\n", at - 1);
        bool dynamic = before != std::string::npos && before >= 5 && text.compare(before - 5, 6, "extern") == 0;
        text.replace(at, word.size(), dynamic ? "" : fixed);
        if (dynamic) {
            text.insert(text.find(';', at), " __asm__(\"standin_dynamic\")");
        }
    }
}

}  // namespace

Translation translate(const std::string &preprocessed) {
    Translation result;
    for (std::sregex_iterator match(preprocessed.begin(), preprocessed.end(), kernel_pattern()), end; match != end; ++match) {
        std::string name = (*match)[1];
        if (std::find(result.kernels.begin(), result.kernels.end(), name) == result.kernels.end()) {
            result.kernels.push_back(name);
        }
    }
    result.text = preprocessed;
    replace_shared(result.text);
    replace_word(result.text, "standin_global", "");
    result.text += "\n# 1 \"table of kernels\"\nstatic const standin::kernel::Kernel standin_kernels[] = {\n";
    for (const std::string &name : result.kernels) {
        result.text += "    standin::kernel::Entry<&" + name + ">::kernel(\"" + name + "\"),\n";
    }
    result.text += "    {}};\n"
        "extern \"C\" __attribute__((visibility(\"default\"))) const standin::kernel::Module gatun_standin_module = {\n"
        "    standin_kernels, " + std::to_string(result.kernels.size()) + ", &threadIdx, &blockIdx, &blockDim, &gridDim, &standin_services,\n"
        "    __start_kernel_memory, __stop_kernel_memory, standin_dynamic};\n";
    return result;
}

}  // namespace standin::nvrtc
