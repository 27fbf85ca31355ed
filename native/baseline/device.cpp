#include "device.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

namespace baseline {

void fail(const std::string &call, const std::string &why) {
    std::cerr << call << ": " << why << std::endl;
    std::exit(1);
}

Device::Device(Precision chosen) : precision(chosen) {
    CALL(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CALL(cublasCreate(&blas));
    CALL(cublasSetStream(blas, stream));
    CALL(cublasSetMathMode(blas, CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION));
    CALL(cublasLtCreate(&blas_lt));
    CALL(cudnnCreate(&dnn));
    CALL(cudnnSetStream(dnn, stream));
}

Device::~Device() {
    CALL(cudnnDestroy(dnn));
    CALL(cublasLtDestroy(blas_lt));
    CALL(cublasDestroy(blas));
    CALL(cudaStreamDestroy(stream));
}

Block::Block(size_t bytes) : bytes_(bytes) {
    if (bytes > 0) {
        CALL(cudaMalloc(&pointer_, bytes));
    }
}

Block::~Block() {
    if (pointer_ != nullptr) {
        CALL(cudaFree(pointer_));
    }
}

Floats::Floats(size_t count, unsigned seed, float deviation) : Floats(count) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(count);
    for (float &value : values) {
        value = normal(random);
    }
    CALL(cudaMemcpy(at(), values.data(), count * sizeof(float), cudaMemcpyHostToDevice));
}

std::vector<float> Floats::values(const Device &device) const {
    device.wait();
    std::vector<float> values(count());
    CALL(cudaMemcpy(values.data(), at(), block_.bytes(), cudaMemcpyDeviceToHost));
    return values;
}

}  // namespace baseline
