// What cuBLAS and cuBLASLt say alike of themselves.
#pragma once

#include "number.hpp"

#include <cublas_api.h>
#include <optional>

namespace standin {

inline const char *status_name(cublasStatus_t status) {
#define NAMED(name) \
    case name: return #name
    switch (status) {
        NAMED(CUBLAS_STATUS_SUCCESS);
        NAMED(CUBLAS_STATUS_NOT_INITIALIZED);
        NAMED(CUBLAS_STATUS_ALLOC_FAILED);
        NAMED(CUBLAS_STATUS_INVALID_VALUE);
        NAMED(CUBLAS_STATUS_ARCH_MISMATCH);
        NAMED(CUBLAS_STATUS_MAPPING_ERROR);
        NAMED(CUBLAS_STATUS_EXECUTION_FAILED);
        NAMED(CUBLAS_STATUS_INTERNAL_ERROR);
        NAMED(CUBLAS_STATUS_NOT_SUPPORTED);
        NAMED(CUBLAS_STATUS_LICENSE_ERROR);
    }
#undef NAMED
    return "CUBLAS_STATUS_UNKNOWN";
}

inline const char *status_text(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS: return "success";
        case CUBLAS_STATUS_NOT_INITIALIZED: return "the library was not initialized (host stand-in)";
        case CUBLAS_STATUS_ALLOC_FAILED: return "the resource allocation failed (host stand-in)";
        case CUBLAS_STATUS_INVALID_VALUE: return "an invalid value was given (host stand-in)";
        case CUBLAS_STATUS_ARCH_MISMATCH: return "the device lacks a feature (host stand-in)";
        case CUBLAS_STATUS_MAPPING_ERROR: return "memory could not be mapped (host stand-in)";
        case CUBLAS_STATUS_EXECUTION_FAILED: return "the function failed on the device (host stand-in)";
        case CUBLAS_STATUS_INTERNAL_ERROR: return "an internal operation failed (host stand-in)";
        case CUBLAS_STATUS_NOT_SUPPORTED: return "the parameters are not supported (host stand-in)";
        case CUBLAS_STATUS_LICENSE_ERROR: return "the functionality needs a license (host stand-in)";
    }
    return "unknown status (host stand-in)";
}

inline std::optional<Type> type_of(cudaDataType type) {
    switch (type) {
        case CUDA_R_16F: return Type::f16;
        case CUDA_R_16BF: return Type::bf16;
        case CUDA_R_32F: return Type::f32;
        case CUDA_R_64F: return Type::f64;
        default: return std::nullopt;
    }
}

/// How a product is computed: the type of alpha and beta, and what happens to its inputs.
struct Compute {
    Type scale;
    Rounding rounding;
};

/// Null where the types of a, b and c do not go together with a way to compute, or the stand-in does not know it.
inline std::optional<Compute> computing(cublasComputeType_t compute, Type a, Type b, Type c) {
    if (a != b) {
        return std::nullopt;
    }
    auto floats = [&](Rounding rounding) {
        return a == Type::f32 && c == a ? std::optional(Compute{Type::f32, rounding}) : std::nullopt;
    };
    switch (compute) {
        case CUBLAS_COMPUTE_16F:
        case CUBLAS_COMPUTE_16F_PEDANTIC:
            return a == Type::f16 && c == Type::f16 ? std::optional(Compute{Type::f16, Rounding::none}) : std::nullopt;
        case CUBLAS_COMPUTE_32F:
        case CUBLAS_COMPUTE_32F_PEDANTIC:
            return a != Type::f64 && (c == a || c == Type::f32) ? std::optional(Compute{Type::f32, Rounding::none}) : std::nullopt;
        case CUBLAS_COMPUTE_32F_FAST_TF32: return floats(Rounding::tf32);
        case CUBLAS_COMPUTE_32F_FAST_16BF: return floats(Rounding::bf16);
        case CUBLAS_COMPUTE_32F_FAST_16F: return floats(Rounding::f16);
        case CUBLAS_COMPUTE_64F:
        case CUBLAS_COMPUTE_64F_PEDANTIC:
            return a == Type::f64 && c == a ? std::optional(Compute{Type::f64, Rounding::none}) : std::nullopt;
        default: return std::nullopt;
    }
}

}  // namespace standin
