// A product of cublasLt, read from its descriptors and found valid.
#pragma once

#include "api.hpp"

#include "core/blas.hpp"
#include "core/product.hpp"

namespace standin::cublaslt {

/// One matrix of every product of a batch; its begin is set later.
struct Operand {
    Matrix matrix;
    int64_t rows;
    int64_t columns;
    int64_t stride;
};

struct Plan {
    Operand a, b, c, d;  // a and b as they are multiplied, transposes applied
    int64_t batch;
    Compute compute;
    cublasLtEpilogue_t epilogue;
    const void *bias;
    Type bias_type;
    int64_t bias_stride;
    Matrix argument;  // where what an activation is applied to is stored
    int64_t argument_stride;
    bool device_scalars;

    bool adds_bias() const {
        return (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    }

    bool keeps_argument() const {
        return (epilogue & CUBLASLT_EPILOGUE_GELU_AUX) == CUBLASLT_EPILOGUE_GELU_AUX;
    }
};

/// The plan of descriptors, or the status that says why there is none.
cublasStatus_t plan(const char *function, cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
    cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, Plan &result);

/// What an algorithm, opaque to callers, holds here.
struct Algorithm {
    static constexpr uint64_t kind = 0x68'6f'73'74'20'67'65'6d;
    uint64_t magic = kind;
    uint64_t workspace = 0;
    uint64_t alignments[4] = {1, 1, 1, 1};  // of A, B, C, D in bytes, as the preference promised
    uint64_t vectors[2] = {1, 1};           // of bias and argument, as their addresses were when it was asked for
};

static_assert(sizeof(Algorithm) == sizeof(cublasLtMatmulAlgo_t));

}  // namespace standin::cublaslt
