#include "operations.hpp"

#include <algorithm>

namespace baseline {

void Operations::multiply(int m, int n, int k, const Matrix &a, const Matrix &b, float beta, float *c) {
    const float one = 1;
    auto operation = [](const Matrix &matrix) { return matrix.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    CALL(cublasGemmEx(device_.blas, operation(b), operation(a), n, m, k, &one, b.at, CUDA_R_32F, b.leading, a.at, CUDA_R_32F,
        a.leading, &beta, c, CUDA_R_32F, n, device_.compute_type(), CUBLAS_GEMM_DEFAULT));
}

Biased &Operations::layer(const Linear &size, const float *weight, const float *bias, cublasLtEpilogue_t epilogue) {
    std::unique_ptr<Biased> &layer = biased_[weight];
    if (layer == nullptr) {
        layer = std::make_unique<Biased>(device_, size, bias, epilogue);
    }
    return *layer;
}

void Operations::linear(const Linear &size, const float *x, const float *weight, const float *bias, float *y) {
    layer(size, weight, bias, CUBLASLT_EPILOGUE_BIAS).run(x, weight, nullptr, y, work_.pointer());
}

void Operations::linear_relu(const Linear &size, const float *x, const float *weight, const float *bias, float *y) {
    layer(size, weight, bias, CUBLASLT_EPILOGUE_RELU_BIAS).run(x, weight, nullptr, y, work_.pointer());
}

void Operations::add_linear(
    const Linear &size, const float *addend, const float *x, const float *weight, const float *bias, float *y) {
    layer(size, weight, bias, CUBLASLT_EPILOGUE_BIAS).run(x, weight, addend, y, work_.pointer());
}

void Operations::linear_backward(const Linear &size, const float *x, const float *weight, const float *dy, float *dx,
    float *dweight, float *dbias) {
    multiply(size.rows, size.inputs, size.outputs, {dy, size.outputs}, {weight, size.inputs}, 0, dx);
    multiply(size.outputs, size.inputs, size.rows, {dy, size.outputs, true}, {x, size.inputs}, 0, dweight);
    sum_columns(size.rows, size.outputs, dy, dbias);
}

void Operations::add(long long count, const float *a, const float *b, float *y) {
    Arguments arguments;
    arguments << 0 << dense(count) << a << b << y;
    kernels_.over_elements("elementwise", "binary", arguments, count);
}

static constexpr int RELU = 11;

void Operations::relu_backward(long long count, const float *y, const float *dy, float *dx) {
    Arguments arguments;
    arguments << RELU << dense(count) << y << y << dy << dx;
    kernels_.over_elements("elementwise", "unaryBackward", arguments, count);
}

void Operations::normalise(long long rows, long long size, const float *x, const float *weight, const float *bias, float *y,
    float *mean, float *rstd) {
    Arguments arguments;
    arguments << rows << size << x << weight << bias << 1e-5F << y << mean << rstd;
    kernels_.over_rows("normalization", "layerNorm", arguments, rows, size);
}

void Operations::normalise_backward(long long rows, long long size, const float *x, const float *weight, const float *mean,
    const float *rstd, const float *dy, float *dx, float *dweight, float *dbias) {
    Arguments input;
    input << rows << size << x << weight << mean << rstd << dy << dx;
    kernels_.over_rows("normalization", "layerNormBackward", input, rows, size);
    long long chunk = std::max(64LL, (rows + 127) / 128);
    auto chunks = static_cast<int>((rows + chunk - 1) / chunk);
    Arguments part;
    part << rows << size << chunk << x << mean << rstd << dy << partials_.at();
    kernels_.launch("normalization", "layerNormParameters", part,
        dim3(static_cast<unsigned>((size + 31) / 32), static_cast<unsigned>(chunks)), dim3(32, 8));
    Arguments whole;
    whole << size << chunks << partials_.at() << dweight << dbias;
    kernels_.over_threads("normalization", "layerNormParametersFinish", whole, size);
}

/// In chunks by the shape alone, whose results a second kernel adds.
void Operations::sum_columns(long long rows, long long columns, const float *x, float *y) {
    Walk kept = dense(columns), reduced = dense(rows);
    reduced.stride[0][0] = columns;
    long long busy = ((1 << 17) + columns - 1) / columns;
    long long wanted = std::max(1LL, std::min({busy, 512LL, (rows + 63) / 64}));
    long long chunk = (rows + wanted - 1) / wanted;
    auto chunks = static_cast<unsigned>((rows + chunk - 1) / chunk);
    Arguments first;
    first << 0 << kept << reduced << chunk << 1.0F << x << partials_.at() << y;
    kernels_.over_threads("reduction", "reduceColumns", first, columns, chunks);
    if (chunks > 1) {
        Arguments second;
        second << 0 << columns << static_cast<long long>(chunks) << 1.0F << partials_.at() << y;
        kernels_.over_rows("reduction", "reducePartials", second, columns, chunks);
    }
}

}  // namespace baseline
