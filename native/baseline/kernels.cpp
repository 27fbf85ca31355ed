#include "kernels.hpp"

#include <algorithm>
#include <fstream>

namespace baseline {

Walk dense(long long count) {
    Walk walk;
    walk.count = count;
    walk.axes = 1;
    walk.size[0] = count;
    std::fill_n(&walk.stride[0][0], 1, 1);
    walk.stride[1][0] = walk.stride[2][0] = 1;
    return walk;
}

Walk rows_of(long long rows, long long columns, long long first, long long second) {
    Walk walk;
    walk.count = rows * columns;
    walk.axes = 2;
    walk.size[0] = rows;
    walk.size[1] = columns;
    walk.stride[0][0] = first;
    walk.stride[1][0] = second;
    walk.stride[0][1] = walk.stride[1][1] = 1;
    return walk;
}

Kernels::~Kernels() {
    for (const auto &[family, library] : libraries_) {
        CALL(cudaLibraryUnload(library));
    }
}

/// A file's text, with what it includes put in place.
std::string Kernels::text(const std::string &file) const {
    std::ifstream in(folder_ + "/" + file);
    if (!in) {
        fail("kernels", "cannot read " + folder_ + "/" + file);
    }
    std::string all, line;
    const std::string include = "#include \"";
    while (std::getline(in, line)) {
        bool includes = line.compare(0, include.size(), include) == 0;
        all += includes ? text(line.substr(include.size(), line.rfind('"') - include.size())) : line + "\n";
    }
    return all;
}

cudaLibrary_t Kernels::compiled(const std::string &family) {
    int major, minor;
    CALL(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
    CALL(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0));
    std::string architecture = "--gpu-architecture=sm_" + std::to_string(major) + std::to_string(minor);
    const char *options[] = {architecture.c_str(), "--std=c++17", "--fmad=false", "--diag-suppress=177", "-DSCALAR=float"};
    std::string source = text(family + ".cu");
    nvrtcProgram program;
    CALL(nvrtcCreateProgram(&program, source.c_str(), (family + ".cu").c_str(), 0, nullptr, nullptr));
    nvrtcResult status = nvrtcCompileProgram(program, 5, options);
    if (status != NVRTC_SUCCESS) {
        size_t size;
        CALL(nvrtcGetProgramLogSize(program, &size));
        std::string log(size, ' ');
        CALL(nvrtcGetProgramLog(program, log.data()));
        fail(family, log);
    }
    size_t size;
    CALL(nvrtcGetCUBINSize(program, &size));
    std::vector<char> code(size);
    CALL(nvrtcGetCUBIN(program, code.data()));
    CALL(nvrtcDestroyProgram(&program));
    cudaLibrary_t library;
    CALL(cudaLibraryLoadData(&library, code.data(), nullptr, nullptr, 0, nullptr, nullptr, 0));
    return library;
}

cudaKernel_t Kernels::find(const std::string &family, const std::string &name) {
    auto known = kernels_.find(name);
    if (known != kernels_.end()) {
        return known->second;
    }
    if (libraries_.find(family) == libraries_.end()) {
        libraries_[family] = compiled(family);
    }
    cudaKernel_t kernel;
    CALL(cudaLibraryGetKernel(&kernel, libraries_[family], name.c_str()));
    return kernels_[name] = kernel;
}

void Kernels::launch(const std::string &family, const std::string &name, Arguments &arguments, dim3 grid, dim3 block) {
    CALL(cudaLaunchKernel(find(family, name), grid, block, arguments.pointers(), 0, device_.stream));
}

static unsigned threads_for(long long needed) {
    unsigned threads = 32;
    while (threads < 256 && threads < needed) {
        threads *= 2;
    }
    return threads;
}

static unsigned ceiling(long long a, long long b) {
    return static_cast<unsigned>((a + b - 1) / b);
}

void Kernels::over_elements(const std::string &family, const std::string &name, Arguments &arguments, long long elements) {
    unsigned threads = threads_for(ceiling(elements, 4));
    launch(family, name, arguments, dim3(ceiling(elements, 4LL * threads)), dim3(threads));
}

void Kernels::over_threads(
    const std::string &family, const std::string &name, Arguments &arguments, long long needed, unsigned chunks) {
    unsigned threads = threads_for(needed);
    launch(family, name, arguments, dim3(ceiling(needed, threads), chunks), dim3(threads));
}

void Kernels::over_rows(const std::string &family, const std::string &name, Arguments &arguments, long long rows,
    long long length, unsigned chunks) {
    unsigned width = length <= 256 ? 32 : length <= 1024 ? 128 : length <= 8192 ? 256 : 512;
    unsigned height = width > 32 ? 1 : static_cast<unsigned>(std::min(4LL, rows));
    launch(family, name, arguments, dim3(ceiling(rows, height), chunks), dim3(width, height));
}

}  // namespace baseline
