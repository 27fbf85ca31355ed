// Device memory for tests, and the check of cuDNN's statuses.
#pragma once

#include "core/number.hpp"
#include "core/standin.hpp"
#include "expect.hpp"

#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace test {

inline void expect_ok(cudnnStatus_t status, const char *text, int line) {
    if (status != CUDNN_STATUS_SUCCESS) {
        char message[512];
        cudnnGetLastErrorString(message, sizeof message);
        std::cerr << "line " << line << ": " << text << ": " << message << "\n" << gatun_standin_violations() << std::endl;
        std::exit(1);
    }
}

#define OK(call) test::expect_ok(call, #call, __LINE__)

/// Device memory for elements of a type, given and read as doubles.
class Buffer {
public:
    Buffer(cudnnDataType_t type, size_t count) : type_(kind(type)), count_(count) {
        EXPECT_EQUAL(cudaMalloc(&pointer_, count * standin::size_of(type_)), cudaSuccess);
    }
    ~Buffer() { cudaFree(pointer_); }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    void *pointer() const { return pointer_; }
    size_t count() const { return count_; }

    void put(const std::vector<double> &values, size_t offset = 0) const {
        std::vector<char> raw(values.size() * standin::size_of(type_));
        for (size_t i = 0; i < values.size(); i++) {
            standin::store(type_, raw.data(), i, values[i]);
        }
        EXPECT_EQUAL(cudaMemcpy(at(offset), raw.data(), raw.size(), cudaMemcpyHostToDevice), cudaSuccess);
    }

    std::vector<double> get() const { return get(0, count_); }

    std::vector<double> get(size_t offset, size_t count) const {
        std::vector<char> raw(count * standin::size_of(type_));
        EXPECT_EQUAL(cudaMemcpy(raw.data(), at(offset), raw.size(), cudaMemcpyDeviceToHost), cudaSuccess);
        std::vector<double> values(count);
        for (size_t i = 0; i < count; i++) {
            values[i] = standin::load(type_, raw.data(), i);
        }
        return values;
    }

private:
    static standin::Type kind(cudnnDataType_t type) {
        return type == CUDNN_DATA_DOUBLE ? standin::Type::f64
            : type == CUDNN_DATA_HALF    ? standin::Type::f16
            : type == CUDNN_DATA_BFLOAT16 ? standin::Type::bf16
                                          : standin::Type::f32;
    }
    char *at(size_t offset) const { return static_cast<char *>(pointer_) + offset * standin::size_of(type_); }

    standin::Type type_;
    size_t count_;
    void *pointer_ = nullptr;
};

}  // namespace test
