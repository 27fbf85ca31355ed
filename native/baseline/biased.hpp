// Products whose bias, activation and addend are cuBLASLt's to compute.
#pragma once

#include "device.hpp"

#include <cublasLt.h>

namespace baseline {

/// Sizes of y = x w' + b: rows of inputs to rows of outputs.
struct Linear {
    int rows, inputs, outputs;
};

/// The product of one layer, as described to cuBLASLt, by its heuristic's first choice.
class Biased {
public:
    static constexpr size_t WORK_BYTES = 32 << 20;

    Biased(const Device &device, const Linear &size, const float *bias, cublasLtEpilogue_t epilogue);
    ~Biased();
    Biased(const Biased &) = delete;
    Biased &operator=(const Biased &) = delete;

    /// y = epilogue(x w' + addend); no addend where it is null.
    void run(const float *x, const float *weight, const float *addend, float *y, void *work);

private:
    const Device &device_;
    cublasLtMatmulDesc_t operation_ = nullptr;
    cublasLtMatrixLayout_t weight_ = nullptr, x_ = nullptr, y_ = nullptr;
    cublasLtMatmulAlgo_t algorithm_ = {};
};

}  // namespace baseline
