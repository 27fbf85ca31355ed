// Functions of single elements; operands of any strides, outputs contiguous. Numbers of functions are those of the enums' constants.
#include "numbers.cuh"
#include "walk.cuh"

enum Unary { NEGATE, ABS, EXP, LOG, SQRT, SQUARE, RECIPROCAL, SIN, COS, TANH, SIGMOID, RELU, GELU, GELU_TANH, SILU };
enum Binary { ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM };
enum Comparison { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL };

/// From here on a gate and its tail are exactly 0 or 1.
#define SATURATED 800

/// Phi(x) = erfc(-x / sqrt 2) / 2. The argument's rounding would be magnified in the tail: it is made good to first order.
__device__ static inline float normalCumulative(float x) {
    const float high = 0.70710677f, low = 1.2101617e-8f;
    float z = -x * high;
    float lost = fabsf(z) < 20 ? fmaf(-x, high, -z) - x * low : 0;
    return 0.5f * (erfcf(z) - lost * 1.1283791671f * expf(-z * z));
}

__device__ static inline double normalCumulative(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }

/// 2u, u = sqrt(2 / pi) (x + 0.044715 x^3): the gate (1 + tanh u) / 2 is sigmoid(2u), which keeps its precision where tanh is near -1.
__device__ static inline Scalar tanhArgument(Scalar x) {
    return Scalar(1.5957691216057308) * (x * fused(Scalar(0.044715) * x, x, Scalar(1)));
}

/// x * gate(x), whose limit at minus infinity is 0.
__device__ static inline Scalar gated(Scalar x, Scalar gate) { return x == -infinity() ? Scalar(-0.0) : x * gate; }

__device__ static inline Scalar gatedSlope(int function, Scalar x) {
    if (magnitude(x) > SATURATED) {
        return x > 0 ? Scalar(1) : Scalar(0);
    }
    if (function == GELU) {
        return fused(x, Scalar(0.39894228040143268) * exponential(Scalar(-0.5) * x * x), normalCumulative(x));
    }
    Scalar argument = function == SILU ? x : tanhArgument(x);
    Scalar slope = function == SILU
                       ? Scalar(1)
                       : Scalar(1.5957691216057308) * fused(Scalar(0.134145) * x, x, Scalar(1));
    Scalar gate = sigmoid(argument);
    return fused(x * gate * sigmoid(-argument), slope, gate);
}

__device__ static inline Scalar valueOf(int function, Scalar x) {
    switch (function) {
    case NEGATE: return -x;
    case ABS: return magnitude(x);
    case EXP: return exponential(x);
    case LOG: return logarithm(x);
    case SQRT: return root(x);
    case SQUARE: return x * x;
    case RECIPROCAL: return 1 / x;
    case SIN: return sine(x);
    case COS: return cosine(x);
    case TANH: return hyperbolicTangent(x);
    case SIGMOID: return sigmoid(x);
    case RELU: return x <= 0 ? Scalar(0) : x;
    case GELU: return gated(x, normalCumulative(x));
    case GELU_TANH: return gated(x, sigmoid(tanhArgument(x)));
    default: return gated(x, sigmoid(x));
    }
}

/// dy * f'(x), y = f(x).
__device__ static inline Scalar gradientOf(int function, Scalar x, Scalar y, Scalar dy) {
    switch (function) {
    case NEGATE: return -dy;
    case ABS: return dy * signum(x);
    case EXP: return dy * y;
    case LOG: return dy / x;
    case SQRT: return dy / (2 * y);
    case SQUARE: return 2 * dy * x;
    case RECIPROCAL: return -dy * y * y;
    case SIN: return dy * cosine(x);
    case COS: return -dy * sine(x);
    case TANH: return dy * (1 - y * y);
    case SIGMOID: return dy * y * (1 - y);
    case RELU: return x <= 0 ? Scalar(0) : dy;
    default: return dy * gatedSlope(function, x);
    }
}

__device__ static inline Scalar valueOf(int function, Scalar a, Scalar b) {
    switch (function) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    case MAXIMUM: return larger(a, b);
    default: return smaller(a, b);
    }
}

__device__ static inline bool holds(int comparison, Scalar a, Scalar b) {
    switch (comparison) {
    case EQUAL: return a == b;
    case NOT_EQUAL: return a != b;
    case LESS: return a < b;
    case LESS_OR_EQUAL: return a <= b;
    case GREATER: return a > b;
    default: return a >= b;
    }
}

/// An element's operands.
struct Pair {
    Scalar a;
    Scalar b;
};

struct Triple {
    Scalar x;
    Scalar y;
    Scalar dy;
};

struct Choice {
    Scalar a;
    Scalar b;
    bool first;
};

extern "C" __global__ void unary(int function, Walk walk, const Scalar *x, Scalar *y) {
    eachElement<Scalar>(
        walk, [&](long long, const Places &places) { return x[places.at[0]]; },
        [&](long long i, const Places &, Scalar taken) { y[i] = valueOf(function, taken); });
}

extern "C" __global__ void unaryBackward(
    int function, Walk walk, const Scalar *x, const Scalar *y, const Scalar *dy, Scalar *dx) {
    eachElement<Triple>(
        walk,
        [&](long long, const Places &places) {
            return Triple{x[places.at[0]], y[places.at[1]], dy[places.at[2]]};
        },
        [&](long long i, const Places &, Triple taken) { dx[i] = gradientOf(function, taken.x, taken.y, taken.dy); });
}

extern "C" __global__ void binary(int function, Walk walk, const Scalar *a, const Scalar *b, Scalar *y) {
    eachElement<Pair>(
        walk, [&](long long, const Places &places) { return Pair{a[places.at[0]], b[places.at[1]]}; },
        [&](long long i, const Places &, Pair taken) { y[i] = valueOf(function, taken.a, taken.b); });
}

extern "C" __global__ void compare(int comparison, Walk walk, const Scalar *a, const Scalar *b, unsigned char *y) {
    eachElement<Pair>(
        walk, [&](long long, const Places &places) { return Pair{a[places.at[0]], b[places.at[1]]}; },
        [&](long long i, const Places &, Pair taken) { y[i] = holds(comparison, taken.a, taken.b) ? 1 : 0; });
}

extern "C" __global__ void select(
    Walk walk, const unsigned char *condition, const Scalar *a, const Scalar *b, Scalar *y) {
    eachElement<Choice>(
        walk,
        [&](long long, const Places &places) {
            return Choice{a[places.at[1]], b[places.at[2]], condition[places.at[0]] != 0};
        },
        [&](long long i, const Places &, Choice taken) { y[i] = taken.first ? taken.a : taken.b; });
}

extern "C" __global__ void affine(Walk walk, const Scalar *x, Scalar scale, Scalar shift, Scalar *y) {
    eachElement<Scalar>(
        walk, [&](long long, const Places &places) { return x[places.at[0]]; },
        [&](long long i, const Places &, Scalar taken) { y[i] = fused(scale, taken, shift); });
}

extern "C" __global__ void accumulate(Walk walk, const Scalar *x, Scalar factor, Scalar *y) {
    eachElement<Pair>(
        walk, [&](long long i, const Places &places) { return Pair{x[places.at[0]], y[i]}; },
        [&](long long i, const Places &, Pair taken) { y[i] = fused(factor, taken.a, taken.b); });
}

extern "C" __global__ void clamp(Walk walk, const Scalar *x, Scalar low, Scalar high, Scalar *y) {
    eachElement<Scalar>(
        walk, [&](long long, const Places &places) { return x[places.at[0]]; },
        [&](long long i, const Places &, Scalar taken) {
            Scalar value = taken < low ? low : taken;
            y[i] = value > high ? high : value;
        });
}
