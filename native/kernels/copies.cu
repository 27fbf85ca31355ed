// Copies between operands of any strides, conversions between any two types, fills. Operand 0 is the source, 1 the target.
#include "walk.cuh"

/// In the order of DType's constants.
enum Type { F32, F64, BF16, F16, I32, I64, BOOL };

__device__ static inline unsigned bitsOf(float x) {
    union { float number; unsigned bits; } both;
    both.number = x;
    return both.bits;
}

__device__ static inline float numberOf(unsigned bits) {
    union { unsigned bits; float number; } both;
    both.bits = bits;
    return both.number;
}

/// The upper half of a binary32, rounded to nearest even; a NaN stays one.
__device__ static inline unsigned short bfloat16Of(float x) {
    unsigned bits = bitsOf(x);
    return (unsigned short)(x != x ? bits >> 16 | 0x40u : (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

/// IEEE 754 binary16, rounded to nearest even; a NaN stays one.
__device__ static inline unsigned short halfOf(float x) {
    unsigned bits = bitsOf(x);
    unsigned sign = bits >> 16 & 0x8000u;
    unsigned rest = bits & 0x7FFFFFFFu;
    if (rest > 0x7F800000u) {
        return (unsigned short)(sign | 0x7E00u | (rest >> 13 & 0x3FFu));
    }
    if (rest >= 0x47800000u) { // from 2^16 on
        return (unsigned short)(sign | 0x7C00u);
    }
    if (rest < 0x33000000u) { // below half the smallest
        return (unsigned short)sign;
    }
    int exponent = (int)(rest >> 23) - 127;
    bool isNormal = exponent >= -14;
    unsigned mantissa = isNormal ? rest - (112u << 23) : (rest & 0x7FFFFFu) | 0x800000u;
    int cut = isNormal ? 13 : -1 - exponent;
    unsigned lost = mantissa & ((1u << cut) - 1u);
    unsigned kept = mantissa >> cut;
    unsigned half = 1u << (cut - 1);
    return (unsigned short)(sign | (kept + (lost > half || (lost == half && (kept & 1u)) ? 1u : 0u)));
}

__device__ static inline float numberOfHalf(unsigned short half) {
    unsigned sign = (unsigned)(half & 0x8000u) << 16;
    unsigned exponent = half >> 10 & 0x1Fu;
    unsigned mantissa = half & 0x3FFu;
    if (exponent == 0) {
        float tiny = (float)mantissa * 5.9604645e-8f; // 2^-24
        return sign ? -tiny : tiny;
    }
    return numberOf(sign | (exponent == 31 ? 255u : exponent + 112u) << 23 | mantissa << 13);
}

/// Floating-point numbers travel as doubles, the others as long longs: no conversion loses more than its target does.
struct Value {
    bool isWhole;
    double number;
    long long whole;
};

__device__ static inline Value load(int type, const void *source, long long at) {
    Value value = {type == I32 || type == I64 || type == BOOL, 0, 0};
    switch (type) {
    case F32: value.number = ((const float *)source)[at]; break;
    case F64: value.number = ((const double *)source)[at]; break;
    case BF16: value.number = numberOf((unsigned)((const unsigned short *)source)[at] << 16); break;
    case F16: value.number = numberOfHalf(((const unsigned short *)source)[at]); break;
    case I32: value.whole = ((const int *)source)[at]; break;
    case I64: value.whole = ((const long long *)source)[at]; break;
    default: value.whole = ((const unsigned char *)source)[at] != 0; break;
    }
    return value;
}

/// Towards zero; saturates; NaN gives 0.
__device__ static inline int toInt(double x) {
    return x != x ? 0 : x >= 2147483647.0 ? 2147483647 : x <= -2147483648.0 ? -2147483647 - 1 : (int)x;
}

__device__ static inline long long toLong(double x) {
    const long long most = 9223372036854775807LL;
    return x != x ? 0 : x >= 9223372036854775808.0 ? most : x <= -9223372036854775808.0 ? -most - 1 : (long long)x;
}

__device__ static inline void store(int type, void *target, long long at, Value value) {
    float single = value.isWhole ? (float)value.whole : (float)value.number;
    switch (type) {
    case F32: ((float *)target)[at] = single; break;
    case F64: ((double *)target)[at] = value.isWhole ? (double)value.whole : value.number; break;
    case BF16: ((unsigned short *)target)[at] = bfloat16Of(single); break;
    case F16: ((unsigned short *)target)[at] = halfOf(single); break;
    case I32: ((int *)target)[at] = value.isWhole ? (int)value.whole : toInt(value.number); break;
    case I64: ((long long *)target)[at] = value.isWhole ? value.whole : toLong(value.number); break;
    default: ((unsigned char *)target)[at] = value.isWhole ? value.whole != 0 : value.number != 0; break;
    }
}

extern "C" __global__ void convert(Walk walk, int sourceType, const void *source, int targetType, void *target) {
    eachElement<Value>(
        walk, [&](long long, const Places &places) { return load(sourceType, source, places.at[0]); },
        [&](long long, const Places &places, Value taken) { store(targetType, target, places.at[1], taken); });
}

/// target += source, of one floating-point type.
extern "C" __global__ void add(Walk walk, int type, const void *source, void *target) {
    eachElement<double>(
        walk,
        [&](long long, const Places &places) {
            return load(type, source, places.at[0]).number + load(type, target, places.at[1]).number;
        },
        [&](long long, const Places &places, double sum) {
            store(type, target, places.at[1], Value{false, sum, 0});
        });
}

template <class T>
__device__ static inline void copyElements(const Walk &walk, const T *source, T *target) {
    eachElement<T>(
        walk, [&](long long, const Places &places) { return source[places.at[0]]; },
        [&](long long, const Places &places, T taken) { target[places.at[1]] = taken; });
}

extern "C" __global__ void copy1(Walk walk, const unsigned char *source, unsigned char *target) {
    copyElements(walk, source, target);
}

extern "C" __global__ void copy2(Walk walk, const unsigned short *source, unsigned short *target) {
    copyElements(walk, source, target);
}

extern "C" __global__ void copy4(Walk walk, const unsigned *source, unsigned *target) {
    copyElements(walk, source, target);
}

extern "C" __global__ void copy8(Walk walk, const unsigned long long *source, unsigned long long *target) {
    copyElements(walk, source, target);
}

/// Operand 0 is the target.
extern "C" __global__ void fill(Walk walk, double number, int targetType, void *target) {
    eachElement<Value>(
        walk, [&](long long, const Places &) { return Value{false, number, 0}; },
        [&](long long, const Places &places, Value taken) { store(targetType, target, places.at[0], taken); });
}
