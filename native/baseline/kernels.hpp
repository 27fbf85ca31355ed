// Gatun's own kernels, from the same text: compiled by NVRTC and launched as Gatun launches them.
#pragma once

#include "device.hpp"

#include <cstring>
#include <map>

namespace baseline {

/// The Walk of walk.cuh.
struct Walk {
    long long count = 1;
    long long axes = 0;
    long long size[16] = {};
    long long stride[3][16] = {};
};

/// Operands that have no gaps.
Walk dense(long long count);

/// Rows of columns, whose operands have a stride of their own for rows and 1 for columns.
Walk rows_of(long long rows, long long columns, long long first, long long second);

/// The arguments of a kernel, in their order.
class Arguments {
public:
    template <class T>
    Arguments &operator<<(const T &value) {
        size_t at = (next_ + 7) / 8 * 8;
        std::memcpy(bytes_ + at, &value, sizeof value);
        pointers_[count_++] = bytes_ + at;
        next_ = at + sizeof value;
        return *this;
    }

    void **pointers() { return pointers_; }

private:
    alignas(8) char bytes_[4096];
    void *pointers_[32];
    size_t next_ = 0;
    int count_ = 0;
};

class Kernels {
public:
    /// Kernels whose texts lie in a folder.
    Kernels(const Device &device, const std::string &folder) : device_(device), folder_(folder) {}
    ~Kernels();
    Kernels(const Kernels &) = delete;
    Kernels &operator=(const Kernels &) = delete;

    void launch(const std::string &family, const std::string &name, Arguments &arguments, dim3 grid, dim3 block);
    /// Four elements for each thread.
    void over_elements(const std::string &family, const std::string &name, Arguments &arguments, long long elements);
    void over_threads(
        const std::string &family, const std::string &name, Arguments &arguments, long long threads, unsigned chunks = 1);
    /// A row of threads for each row of so many elements.
    void over_rows(const std::string &family, const std::string &name, Arguments &arguments, long long rows, long long length,
        unsigned chunks = 1);

private:
    cudaKernel_t find(const std::string &family, const std::string &name);
    cudaLibrary_t compiled(const std::string &family);
    std::string text(const std::string &file) const;

    const Device &device_;
    std::string folder_;
    std::map<std::string, cudaLibrary_t> libraries_;
    std::map<std::string, cudaKernel_t> kernels_;
};

}  // namespace baseline
