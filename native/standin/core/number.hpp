// Element types, and conversion of any of them to and from double.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace standin {

enum class Type { f16, bf16, f32, f64, i32 };

/// What tensor cores round floats to before they multiply.
enum class Rounding { none, tf32, bf16, f16 };

inline size_t size_of(Type type) {
    return type == Type::f64 ? 8 : type == Type::f32 || type == Type::i32 ? 4 : 2;
}

// IEEE binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
inline float half_to_float(uint16_t half) {
    uint32_t sign = uint32_t(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 31;
    uint32_t fraction = half & 0x3FF;
    if (exponent == 0) {
        float magnitude = std::ldexp(float(fraction), -24);
        return sign ? -magnitude : magnitude;
    }
    uint32_t bits = exponent == 31 ? 0x7F800000 | fraction << 13 : (exponent + 112) << 23 | fraction << 13;
    return std::bit_cast<float>(sign | bits);
}

// Rounds to nearest, ties to even, from double in one step.
inline uint16_t to_half(double value) {
    uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs(value);
    if (std::isnan(value)) {
        return 0x7FFF;
    }
    if (magnitude >= 65520) {
        return sign | 0x7C00;
    }
    if (magnitude < 0x1p-14) {
        return sign | uint16_t(std::nearbyint(magnitude * 0x1p24));
    }
    int exponent = std::ilogb(magnitude);
    auto fraction = uint16_t(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    return sign | uint16_t(((exponent + 14) << 10) + fraction);
}

inline float bfloat_to_float(uint16_t bfloat) {
    return std::bit_cast<float>(uint32_t(bfloat) << 16);
}

// The upper half of a float, rounded to nearest, ties to even.
inline uint16_t to_bfloat(double value) {
    if (std::isnan(value)) {
        return 0x7FFF;
    }
    // Round to odd on the way through float, so that two roundings give what one would.
    float nearest = float(value);
    auto bits = std::bit_cast<uint32_t>(nearest);
    if (double(nearest) != value && !std::isinf(nearest)) {
        bits = (std::fabs(double(nearest)) > std::fabs(value) ? bits - 1 : bits) | 1;
    }
    return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

inline double load(Type type, const void *values, size_t index) {
    switch (type) {
        case Type::f16: return half_to_float(static_cast<const uint16_t *>(values)[index]);
        case Type::bf16: return bfloat_to_float(static_cast<const uint16_t *>(values)[index]);
        case Type::f32: return static_cast<const float *>(values)[index];
        case Type::f64: return static_cast<const double *>(values)[index];
        case Type::i32: return static_cast<const int32_t *>(values)[index];
    }
    return NAN;
}

inline void store(Type type, void *values, size_t index, double value) {
    switch (type) {
        case Type::f16: static_cast<uint16_t *>(values)[index] = to_half(value); break;
        case Type::bf16: static_cast<uint16_t *>(values)[index] = to_bfloat(value); break;
        case Type::f32: static_cast<float *>(values)[index] = float(value); break;
        case Type::f64: static_cast<double *>(values)[index] = value; break;
        case Type::i32: static_cast<int32_t *>(values)[index] = int32_t(value); break;
    }
}

}  // namespace standin
