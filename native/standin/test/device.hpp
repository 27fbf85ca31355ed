// Arrays on the stand-in's device, for tests.
#pragma once

#include "expect.hpp"

#include <cuda_runtime_api.h>

namespace test {

/// Values on the device until its scope ends.
template <class T>
class Array {
public:
    explicit Array(const std::vector<T> &values) : count_(values.size()) {
        EXPECT_EQUAL(cudaMalloc(reinterpret_cast<void **>(&begin_), count_ * sizeof(T)), cudaSuccess);
        EXPECT_EQUAL(cudaMemcpy(begin_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice), cudaSuccess);
    }

    ~Array() {
        cudaFree(begin_);
    }

    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;

    T *begin() const {
        return begin_;
    }

    std::vector<T> values() const {
        std::vector<T> host(count_);
        EXPECT_EQUAL(cudaMemcpy(host.data(), begin_, count_ * sizeof(T), cudaMemcpyDeviceToHost), cudaSuccess);
        return host;
    }

private:
    size_t count_;
    T *begin_ = nullptr;
};

/// Distinct small values, the same in every run.
template <class T = float>
std::vector<T> ramp(size_t count, double step = 0.37) {
    std::vector<T> values(count);
    for (size_t i = 0; i < count; i++) {
        double x = step * double(i + 1);
        values[i] = T(x - double(long(x)) - 0.5);
    }
    return values;
}

template <class T>
void expect_all_near(const std::vector<T> &actual, const std::vector<T> &expected, double tolerance) {
    EXPECT_EQUAL(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); i++) {
        EXPECT_NEAR(actual[i], expected[i], tolerance);
    }
}

}  // namespace test
