// The operations that steps are made of, on F32: products by cuBLAS, the rest by Gatun's kernels.
#pragma once

#include "biased.hpp"
#include "kernels.hpp"

#include <memory>

namespace baseline {

/// A row-major matrix, or with `transposed` the transpose of one whose rows are `leading` apart.
struct Matrix {
    const float *at;
    int leading;
    bool transposed = false;
};

class Operations {
public:
    Operations(const Device &device, Kernels &kernels) : device_(device), kernels_(kernels), partials_(1 << 20), work_(Biased::WORK_BYTES) {}

    /// c [m, n] = a [m, k] b [k, n] + beta c.
    void multiply(int m, int n, int k, const Matrix &a, const Matrix &b, float beta, float *c);
    /// y = x w' + bias, its ReLU, or its sum with an addend.
    void linear(const Linear &size, const float *x, const float *weight, const float *bias, float *y);
    void linear_relu(const Linear &size, const float *x, const float *weight, const float *bias, float *y);
    void add_linear(const Linear &size, const float *addend, const float *x, const float *weight, const float *bias, float *y);
    void linear_backward(const Linear &size, const float *x, const float *weight, const float *dy, float *dx, float *dweight,
        float *dbias);
    void add(long long count, const float *a, const float *b, float *y);
    /// By the ReLU's result, which tells as much as its argument.
    void relu_backward(long long count, const float *y, const float *dy, float *dx);
    void normalise(long long rows, long long size, const float *x, const float *weight, const float *bias, float *y, float *mean,
        float *rstd);
    void normalise_backward(long long rows, long long size, const float *x, const float *weight, const float *mean,
        const float *rstd, const float *dy, float *dx, float *dweight, float *dbias);
    /// The sum of each column.
    void sum_columns(long long rows, long long columns, const float *x, float *y);

private:
    Biased &layer(const Linear &size, const float *weight, const float *bias, cublasLtEpilogue_t epilogue);

    const Device &device_;
    Kernels &kernels_;
    Floats partials_;
    Block work_;
    std::map<const float *, std::unique_ptr<Biased>> biased_;  // by the layer's weight
};

}  // namespace baseline
