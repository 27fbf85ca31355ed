// The element type that a kernel computes in, given by -DSCALAR=float or double, and its functions.
// Kernels are compiled without contraction of a * b + c: fma stands where it is meant.
#ifndef GATUN_NUMBERS
#define GATUN_NUMBERS

typedef SCALAR Scalar;

__device__ static inline float magnitude(float x) { return fabsf(x); }
__device__ static inline double magnitude(double x) { return fabs(x); }
__device__ static inline float root(float x) { return sqrtf(x); }
__device__ static inline double root(double x) { return sqrt(x); }
__device__ static inline float exponential(float x) { return expf(x); }
__device__ static inline double exponential(double x) { return exp(x); }
__device__ static inline float logarithm(float x) { return logf(x); }
__device__ static inline double logarithm(double x) { return log(x); }
__device__ static inline float logarithmOf1Plus(float x) { return log1pf(x); }
__device__ static inline double logarithmOf1Plus(double x) { return log1p(x); }
/// -ln 0, for want of headers.
__device__ static inline Scalar infinity() { return -logarithm(Scalar(0)); }
__device__ static inline float sine(float x) { return sinf(x); }
__device__ static inline double sine(double x) { return sin(x); }
__device__ static inline float cosine(float x) { return cosf(x); }
__device__ static inline double cosine(double x) { return cos(x); }
__device__ static inline float hyperbolicTangent(float x) { return tanhf(x); }
__device__ static inline double hyperbolicTangent(double x) { return tanh(x); }
/// a * b + c, rounded once.
__device__ static inline float fused(float a, float b, float c) { return fmaf(a, b, c); }
__device__ static inline double fused(double a, double b, double c) { return fma(a, b, c); }

__device__ static inline bool isNaN(Scalar x) { return x != x; }
__device__ static inline bool isFinite(Scalar x) { return x - x == 0; }

__device__ static inline Scalar sigmoid(Scalar x) {
    Scalar e = exponential(-magnitude(x));
    return (x < 0 ? e : Scalar(1)) / (1 + e);
}

__device__ static inline Scalar signum(Scalar x) { return x > 0 ? Scalar(1) : x < 0 ? Scalar(-1) : x; }

/// The larger; NaN if either is, +0 above -0.
__device__ static inline Scalar larger(Scalar a, Scalar b) {
    if (isNaN(a) || isNaN(b)) {
        return a + b;
    }
    return a == b ? (a == 0 ? a + b : a) : a > b ? a : b;
}

/// The smaller; NaN if either is, -0 below +0.
__device__ static inline Scalar smaller(Scalar a, Scalar b) { return -larger(-a, -b); }

/// A sum and what its roundings have lost (Knuth's two-sum): as exact as twice the digits.
struct Sum {
    Scalar high;
    Scalar low;
};

__device__ static inline Sum sumOf(Scalar x) {
    Sum sum = {x, 0};
    return sum;
}

__device__ static inline Sum plus(Sum sum, Scalar x) {
    Scalar high = sum.high + x;
    Scalar added = high - sum.high;
    sum.low += (sum.high - (high - added)) + (x - added);
    sum.high = high;
    return sum;
}

/// sum + a * b, the product's own rounding kept too.
__device__ static inline Sum plusProduct(Sum sum, Scalar a, Scalar b) {
    Scalar product = a * b;
    sum = plus(sum, product);
    sum.low += fused(a, b, -product);
    return sum;
}

__device__ static inline Sum plus(Sum a, Sum b) {
    a = plus(a, b.high);
    a.low += b.low;
    return a;
}

/// The rounded sum. What is lost of an infinite one is no number.
__device__ static inline Scalar rounded(Sum sum) { return isFinite(sum.high) ? sum.high + sum.low : sum.high; }

/// sum / n, rounded once as good as always.
__device__ static inline Scalar quotient(Sum sum, Scalar n) {
    Scalar high = sum.high / n;
    return isFinite(high) ? high + (fused(-high, n, sum.high) + sum.low) / n : high;
}

#endif
