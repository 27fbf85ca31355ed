// The real header, its functions exported, and what a program holds.
#pragma once

#pragma GCC visibility push(default)
#include <nvrtc.h>
#pragma GCC visibility pop

#include "core/standin.hpp"

struct _nvrtcProgram {
    std::string text;
    std::string name;
    std::map<std::string, std::string> headers;
    std::string log;
    std::string image;         // what stands for cubin and PTX
    bool has_cubin = false;
    bool compiled = false;
};

namespace standin::nvrtc {

/// What options ask of a compilation.
struct Options {
    std::vector<std::string> arguments;  // of the host's compiler
    int architecture = 75;
    bool real = false;                   // sm_, which gives a cubin, and not compute_
};

/// Reads options as NVRTC does; false, with the reason in the log, where one is not known.
bool read_options(int count, const char *const *options, Options &result, std::string &log);

/// Compiles a program into its image; the compiler's messages go to its log.
nvrtcResult compile(_nvrtcProgram &program, const Options &options);

/// The names of kernels in preprocessed text, and the text as the host's compiler takes it.
struct Translation {
    std::vector<std::string> kernels;
    std::string text;
};

Translation translate(const std::string &preprocessed);

extern const std::vector<int> architectures;

}  // namespace standin::nvrtc
