// CUDA's mathematical functions, atomics, conversions and vector types.
#pragma once

extern "C" {
#define STANDIN_UNARY(name)           \
    double name(double) noexcept;     \
    float name##f(float) noexcept;
#define STANDIN_BINARY(name)                  \
    double name(double, double) noexcept;     \
    float name##f(float, float) noexcept;
STANDIN_UNARY(fabs) STANDIN_UNARY(sqrt) STANDIN_UNARY(cbrt) STANDIN_UNARY(exp) STANDIN_UNARY(exp2) STANDIN_UNARY(expm1)
STANDIN_UNARY(log) STANDIN_UNARY(log2) STANDIN_UNARY(log10) STANDIN_UNARY(log1p) STANDIN_UNARY(sin) STANDIN_UNARY(cos)
STANDIN_UNARY(tan) STANDIN_UNARY(asin) STANDIN_UNARY(acos) STANDIN_UNARY(atan) STANDIN_UNARY(sinh) STANDIN_UNARY(cosh)
STANDIN_UNARY(tanh) STANDIN_UNARY(asinh) STANDIN_UNARY(acosh) STANDIN_UNARY(atanh) STANDIN_UNARY(erf) STANDIN_UNARY(erfc)
STANDIN_UNARY(tgamma) STANDIN_UNARY(lgamma) STANDIN_UNARY(floor) STANDIN_UNARY(ceil) STANDIN_UNARY(trunc) STANDIN_UNARY(round)
STANDIN_UNARY(rint) STANDIN_UNARY(nearbyint)
STANDIN_BINARY(pow) STANDIN_BINARY(fmod) STANDIN_BINARY(fmin) STANDIN_BINARY(fmax) STANDIN_BINARY(atan2) STANDIN_BINARY(hypot)
STANDIN_BINARY(copysign) STANDIN_BINARY(fdim) STANDIN_BINARY(remainder) STANDIN_BINARY(nextafter)
#undef STANDIN_UNARY
#undef STANDIN_BINARY
double fma(double, double, double) noexcept;
float fmaf(float, float, float) noexcept;
double ldexp(double, int) noexcept;
float ldexpf(float, int) noexcept;
int abs(int) noexcept;
long long llabs(long long) noexcept;
int printf(const char *, ...);
void *memcpy(void *, const void *, size_t) noexcept;
void *memset(void *, int, size_t) noexcept;
}

// Overloads for float of what C names for double.
#define STANDIN_FLOAT(name) \
    static inline float name(float x) { return name##f(x); }
STANDIN_FLOAT(fabs) STANDIN_FLOAT(sqrt) STANDIN_FLOAT(exp) STANDIN_FLOAT(exp2) STANDIN_FLOAT(log) STANDIN_FLOAT(log2)
STANDIN_FLOAT(log1p) STANDIN_FLOAT(expm1) STANDIN_FLOAT(sin) STANDIN_FLOAT(cos) STANDIN_FLOAT(tan) STANDIN_FLOAT(tanh)
STANDIN_FLOAT(erf) STANDIN_FLOAT(floor) STANDIN_FLOAT(ceil) STANDIN_FLOAT(round) STANDIN_FLOAT(rint) STANDIN_FLOAT(trunc)
#undef STANDIN_FLOAT
static inline float pow(float x, float y) { return powf(x, y); }
static inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }
static inline long long abs(long long x) { return llabs(x); }

static inline float rsqrtf(float x) { return float(1 / sqrt(double(x))); }
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline float __expf(float x) { return expf(x); }
static inline float __logf(float x) { return logf(x); }
static inline float __sinf(float x) { return sinf(x); }
static inline float __cosf(float x) { return cosf(x); }
static inline float __powf(float x, float y) { return powf(x, y); }
static inline float __fdividef(float x, float y) { return x / y; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline float __frsqrt_rn(float x) { return rsqrtf(x); }
static inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
static inline float __fadd_rn(float x, float y) { return x + y; }
static inline float __fsub_rn(float x, float y) { return x - y; }
static inline float __fmul_rn(float x, float y) { return x * y; }
static inline float __fdiv_rn(float x, float y) { return x / y; }
static inline double __dadd_rn(double x, double y) { return x + y; }
static inline double __dmul_rn(double x, double y) { return x * y; }

#define STANDIN_CLASSES(T)                                              \
    static inline bool isnan(T x) { return __builtin_isnan(x); }        \
    static inline bool isinf(T x) { return __builtin_isinf(x); }        \
    static inline bool isfinite(T x) { return __builtin_isfinite(x); }  \
    static inline bool signbit(T x) { return __builtin_signbit(x) != 0; }
STANDIN_CLASSES(float) STANDIN_CLASSES(double)
#undef STANDIN_CLASSES

#define STANDIN_ORDER(T)                                            \
    static inline T min(T a, T b) { return b < a ? b : a; }         \
    static inline T max(T a, T b) { return a < b ? b : a; }
STANDIN_ORDER(int) STANDIN_ORDER(unsigned) STANDIN_ORDER(long) STANDIN_ORDER(unsigned long) STANDIN_ORDER(long long)
STANDIN_ORDER(unsigned long long)
#undef STANDIN_ORDER
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

static inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((unsigned long long)a * b >> 32); }
static inline int __mulhi(int a, int b) { return int((long long)a * b >> 32); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(unsigned(x)); }
static inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll((unsigned long long)x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }

template <class To, class From>
static inline To standin_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    return __builtin_bit_cast(To, from);
}
static inline unsigned __float_as_uint(float x) { return standin_bits<unsigned>(x); }
static inline int __float_as_int(float x) { return standin_bits<int>(x); }
static inline float __uint_as_float(unsigned x) { return standin_bits<float>(x); }
static inline float __int_as_float(int x) { return standin_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return standin_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return standin_bits<double>(x); }
static inline float __int2float_rn(int x) { return float(x); }
static inline float __uint2float_rn(unsigned x) { return float(x); }
static inline int __float2int_rn(float x) { return int(rintf(x)); }
static inline float __double2float_rn(double x) { return float(x); }
template <class T>
static inline T __ldg(const T *pointer) { return *pointer; }

// Threads take turns, so a plain update is atomic.
#define STANDIN_ATOMIC(name, update)                                     \
    template <class T>                                                   \
    static inline T name(T *address, decltype(T(0)) value) {             \
        T old = *address;                                                \
        *address = update;                                               \
        return old;                                                      \
    }
STANDIN_ATOMIC(atomicAdd, old + value)
STANDIN_ATOMIC(atomicSub, old - value)
STANDIN_ATOMIC(atomicMax, old < value ? value : old)
STANDIN_ATOMIC(atomicMin, value < old ? value : old)
STANDIN_ATOMIC(atomicExch, value)
STANDIN_ATOMIC(atomicAnd, old & value)
STANDIN_ATOMIC(atomicOr, old | value)
STANDIN_ATOMIC(atomicXor, old ^ value)
#undef STANDIN_ATOMIC
template <class T>
static inline T atomicCAS(T *address, decltype(T(0)) expected, decltype(T(0)) value) {
    T old = *address;
    *address = old == expected ? value : old;
    return old;
}

#define STANDIN_VECTORS(T, name)                                                                          \
    struct name##2 { T x, y; } __attribute__((aligned(2 * sizeof(T))));                                   \
    struct name##4 { T x, y, z, w; } __attribute__((aligned(sizeof(T) < 8 ? 4 * sizeof(T) : 16)));        \
    static inline name##2 make_##name##2(T x, T y) { return {x, y}; }                                     \
    static inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
STANDIN_VECTORS(float, float) STANDIN_VECTORS(double, double) STANDIN_VECTORS(int, int) STANDIN_VECTORS(unsigned, uint)
STANDIN_VECTORS(unsigned short, ushort) STANDIN_VECTORS(unsigned char, uchar)
STANDIN_VECTORS(long long, longlong) STANDIN_VECTORS(unsigned long long, ulonglong)
#undef STANDIN_VECTORS
