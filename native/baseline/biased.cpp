#include "biased.hpp"

namespace baseline {

template <class T>
static void set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute, T value) {
    CALL(cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value));
}

static cublasLtMatrixLayout_t layout(int rows, int columns) {
    cublasLtMatrixLayout_t made;
    CALL(cublasLtMatrixLayoutCreate(
        &made, CUDA_R_32F, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), rows));
    return made;
}

Biased::Biased(const Device &device, const Linear &size, const float *bias, cublasLtEpilogue_t epilogue)
    : device_(device), weight_(layout(size.inputs, size.outputs)), x_(layout(size.inputs, size.rows)),
      y_(layout(size.outputs, size.rows)) {
    CALL(cublasLtMatmulDescCreate(&operation_, device.compute_type(), CUDA_R_32F));
    set(operation_, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
    set(operation_, CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
    set(operation_, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    set(operation_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    cublasLtMatmulPreference_t preference;
    CALL(cublasLtMatmulPreferenceCreate(&preference));
    size_t most = WORK_BYTES;
    CALL(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most));
    uint32_t scheme = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    CALL(cublasLtMatmulPreferenceSetAttribute(
        preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &scheme, sizeof scheme));
    cublasLtMatmulHeuristicResult_t first;
    int count = 0;
    CALL(cublasLtMatmulAlgoGetHeuristic(device.blas_lt, operation_, weight_, x_, y_, y_, preference, 1, &first, &count));
    CALL(cublasLtMatmulPreferenceDestroy(preference));
    if (count == 0) {
        fail("cublasLtMatmulAlgoGetHeuristic", "no algorithm");
    }
    algorithm_ = first.algo;
}

Biased::~Biased() {
    for (cublasLtMatrixLayout_t each : {weight_, x_, y_}) {
        CALL(cublasLtMatrixLayoutDestroy(each));
    }
    CALL(cublasLtMatmulDescDestroy(operation_));
}

void Biased::run(const float *x, const float *weight, const float *addend, float *y, void *work) {
    const float one = 1, beta = addend == nullptr ? 0 : 1;
    CALL(cublasLtMatmul(device_.blas_lt, operation_, &one, weight, weight_, x, x_, &beta, addend == nullptr ? y : addend, y_, y, y_,
        &algorithm_, work, WORK_BYTES, device_.stream));
}

}  // namespace baseline
