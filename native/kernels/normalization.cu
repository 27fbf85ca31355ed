// Layer normalisation of rows, contiguous.
#include "rows.cuh"

__device__ static inline Scalar scaleAt(const Scalar *weight, long long i) { return weight == 0 ? Scalar(1) : weight[i]; }

/// x less a mean in two parts, exact to twice the digits: rows may be short, and lie far from zero.
__device__ static inline Sum deviationOf(Scalar x, Scalar mean, Scalar rest) {
    Sum exact = plus(plus(sumOf(x), -mean), -rest);
    Sum deviation;
    deviation.high = exact.high + exact.low;
    deviation.low = (exact.high - deviation.high) + exact.low;
    return deviation;
}

/// 1 / sqrt(x), corrected by a step of Newton's whose residual is exact.
__device__ static inline Scalar inverseRoot(Scalar x) {
    Scalar inverse = 1 / root(x);
    Scalar product = x * inverse;
    Scalar residual = fused(-product, inverse, Scalar(1)) - fused(x, inverse, -product) * inverse;
    return isFinite(inverse) ? fused(Scalar(0.5) * inverse, residual, inverse) : inverse;
}

/// mean, rstd = 1 / sqrt(variance + epsilon), y = (x - mean) rstd weight + bias. The mean keeps what its rounding
/// loses.
extern "C" __global__ void layerNorm(
    long long rows, long long features, const Scalar *x, const Scalar *weight, const Scalar *bias, Scalar epsilon,
    Scalar *y, Scalar *mean, Scalar *rstd) {
    long long row = rowOfThread();
    if (row >= rows) {
        return;
    }
    const Scalar *from = x + row * features;
    Scalar n = (Scalar)features;
    Sum sum = sumOf(0);
    for (long long i = threadIdx.x; i < features; i += blockDim.x) {
        sum = plus(sum, from[i]);
    }
    sum = rowSum(sum);
    Scalar average = quotient(sum, n);
    Scalar rest = (fused(-average, n, sum.high) + sum.low) / n;
    Sum squares = sumOf(0);
    for (long long i = threadIdx.x; i < features; i += blockDim.x) {
        Sum deviation = deviationOf(from[i], average, rest);
        squares = plusProduct(squares, deviation.high, deviation.high);
        squares.low += 2 * deviation.high * deviation.low;
    }
    Scalar inverse = inverseRoot(quotient(rowSum(squares), n) + epsilon);
    for (long long i = threadIdx.x; i < features; i += blockDim.x) {
        Scalar normal = ((from[i] - average) - rest) * inverse;
        y[row * features + i] = fused(normal, scaleAt(weight, i), bias == 0 ? Scalar(0) : bias[i]);
    }
    if (threadIdx.x == 0) {
        mean[row] = average;
        rstd[row] = inverse;
    }
}

/// dx = rstd (g - mean of g - normal times the mean of g normal), g = dy weight.
extern "C" __global__ void layerNormBackward(
    long long rows, long long features, const Scalar *x, const Scalar *weight, const Scalar *mean, const Scalar *rstd,
    const Scalar *dy, Scalar *dx) {
    long long row = rowOfThread();
    if (row >= rows) {
        return;
    }
    const Scalar *from = x + row * features;
    const Scalar *upstream = dy + row * features;
    Scalar average = mean[row];
    Scalar inverse = rstd[row];
    Sum sum = sumOf(0);
    Sum dot = sumOf(0);
    for (long long i = threadIdx.x; i < features; i += blockDim.x) {
        Scalar g = upstream[i] * scaleAt(weight, i);
        sum = plus(sum, g);
        dot = plusProduct(dot, g, (from[i] - average) * inverse);
    }
    Scalar meanGradient = quotient(rowSum(sum), (Scalar)features);
    Scalar meanProduct = quotient(rowSum(dot), (Scalar)features);
    for (long long i = threadIdx.x; i < features; i += blockDim.x) {
        Scalar g = upstream[i] * scaleAt(weight, i);
        Scalar normal = (from[i] - average) * inverse;
        dx[row * features + i] = inverse * fused(-normal, meanProduct, g - meanGradient);
    }
}

#define COLUMNS 32
#define ROW_LANES 8

/// Sums of dy normal and of dy over chunks of rows: partials[chunk, 0 or 1, feature]. Blocks of COLUMNS by ROW_LANES threads, blockIdx.y is
/// the chunk.
extern "C" __global__ void layerNormParameters(
    long long rows, long long features, long long chunk, const Scalar *x, const Scalar *mean, const Scalar *rstd,
    const Scalar *dy, Sum *partials) {
    long long feature = (long long)blockIdx.x * COLUMNS + threadIdx.x;
    long long first = blockIdx.y * chunk;
    long long last = first + chunk < rows ? first + chunk : rows;
    Sum weight = sumOf(0);
    Sum bias = sumOf(0);
    for (long long row = first + threadIdx.y; feature < features && row < last; row += ROW_LANES) {
        Scalar g = dy[row * features + feature];
        weight = plusProduct(weight, g, (x[row * features + feature] - mean[row]) * rstd[row]);
        bias = plus(bias, g);
    }
    __shared__ Scalar parts[4][ROW_LANES][COLUMNS];
    parts[0][threadIdx.y][threadIdx.x] = weight.high;
    parts[1][threadIdx.y][threadIdx.x] = weight.low;
    parts[2][threadIdx.y][threadIdx.x] = bias.high;
    parts[3][threadIdx.y][threadIdx.x] = bias.low;
    __syncthreads();
    if (threadIdx.y > 0 || feature >= features) {
        return;
    }
    for (int lane = 1; lane < ROW_LANES; lane++) {
        Sum more = {parts[0][lane][threadIdx.x], parts[1][lane][threadIdx.x]};
        weight = plus(weight, more);
        Sum moreBias = {parts[2][lane][threadIdx.x], parts[3][lane][threadIdx.x]};
        bias = plus(bias, moreBias);
    }
    partials[2 * blockIdx.y * features + feature] = weight;
    partials[(2 * blockIdx.y + 1) * features + feature] = bias;
}

/// Adds the chunks up in their order; a null output is not wanted.
extern "C" __global__ void layerNormParametersFinish(
    long long features, int chunks, const Sum *partials, Scalar *dweight, Scalar *dbias) {
    long long feature = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (feature >= features) {
        return;
    }
    Sum weight = sumOf(0);
    Sum bias = sumOf(0);
    for (long long chunk = 0; chunk < chunks; chunk++) {
        weight = plus(weight, partials[2 * chunk * features + feature]);
        bias = plus(bias, partials[(2 * chunk + 1) * features + feature]);
    }
    if (dweight != 0) {
        dweight[feature] = rounded(weight);
    }
    if (dbias != 0) {
        dbias[feature] = rounded(bias);
    }
}
