#include "api.hpp"

using namespace standin::cublaslt;

namespace standin::cublaslt {

Registry<Layout> &layouts() {
    static auto &instance = *new Registry<Layout>("cublasLt-matrix-layout");
    return instance;
}

Registry<Description> &descriptions() {
    static auto &instance = *new Registry<Description>("cublasLt-matmul-descriptor");
    return instance;
}

Registry<Preference> &preferences() {
    static auto &instance = *new Registry<Preference>("cublasLt-matmul-preference");
    return instance;
}

}  // namespace standin::cublaslt

namespace {

template <class T, class Handle>
cublasStatus_t destroy(const char *function, standin::Registry<T> &registry, Handle handle) {
    auto status = begin(function);
    bool live = registry.destroy(function, handle);
    return status ? *status : live ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

template <class T, class Handle>
cublasStatus_t set(const char *function, standin::Registry<T> &registry, Handle handle, int attribute, const void *buffer, size_t bytes) {
    if (auto status = begin(function)) {
        return *status;
    }
    T *found = registry.find(function, handle);
    return found == nullptr ? CUBLAS_STATUS_INVALID_VALUE : found->set(attribute, buffer, bytes);
}

template <class T, class Handle>
cublasStatus_t get(const char *function, standin::Registry<T> &registry, Handle handle, int attribute, void *buffer, size_t bytes,
    size_t *written) {
    if (auto status = begin(function)) {
        return *status;
    }
    T *found = registry.find(function, handle);
    return found == nullptr ? CUBLAS_STATUS_INVALID_VALUE : found->get(attribute, buffer, bytes, written);
}

}  // namespace

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows, uint64_t columns, int64_t leading) {
    if (auto status = begin("cublasLtMatrixLayoutCreate")) {
        return *status;
    }
    Layout *created = layouts().create();
    created->define<uint32_t>(CUBLASLT_MATRIX_LAYOUT_TYPE, type);
    created->define<int32_t>(CUBLASLT_MATRIX_LAYOUT_ORDER, CUBLASLT_ORDER_COL);
    created->define<uint64_t>(CUBLASLT_MATRIX_LAYOUT_ROWS, rows);
    created->define<uint64_t>(CUBLASLT_MATRIX_LAYOUT_COLS, columns);
    created->define<int64_t>(CUBLASLT_MATRIX_LAYOUT_LD, leading);
    created->define<int32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 1);
    created->define<int64_t>(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 0);
    *layout = reinterpret_cast<cublasLtMatrixLayout_t>(created);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    return destroy("cublasLtMatrixLayoutDestroy", layouts(), layout);
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
    const void *buffer, size_t bytes) {
    return set("cublasLtMatrixLayoutSetAttribute", layouts(), layout, attribute, buffer, bytes);
}

cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute, void *buffer,
    size_t bytes, size_t *written) {
    return get("cublasLtMatrixLayoutGetAttribute", layouts(), layout, attribute, buffer, bytes, written);
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *description, cublasComputeType_t compute, cudaDataType_t scale) {
    if (auto status = begin("cublasLtMatmulDescCreate")) {
        return *status;
    }
    Description *created = descriptions().create();
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, compute);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_SCALE_TYPE, scale);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_POINTER_MODE, CUBLASLT_POINTER_MODE_HOST);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_TRANSC, CUBLAS_OP_N);
    created->define<uint32_t>(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_DEFAULT);
    created->define<const void *>(CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr);
    created->define<int64_t>(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, 0);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, -1);
    created->define<const void *>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, nullptr);
    created->define<int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, 0);
    created->define<int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, 0);
    created->define<int32_t>(CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET, 0);
    *description = reinterpret_cast<cublasLtMatmulDesc_t>(created);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
    return destroy("cublasLtMatmulDescDestroy", descriptions(), description);
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t attribute,
    const void *buffer, size_t bytes) {
    return set("cublasLtMatmulDescSetAttribute", descriptions(), description, attribute, buffer, bytes);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
    if (auto status = begin("cublasLtMatmulPreferenceCreate")) {
        return *status;
    }
    Preference *created = preferences().create();
    created->define<uint32_t>(CUBLASLT_MATMUL_PREF_SEARCH_MODE, CUBLASLT_SEARCH_BEST_FIT);
    created->define<uint64_t>(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 0);
    created->define<uint32_t>(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, CUBLASLT_REDUCTION_SCHEME_MASK);
    for (int matrix = 0; matrix < 4; matrix++) {
        created->define<uint32_t>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES + matrix, 256);
    }
    created->define<float>(CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT, 0);
    created->define<uint64_t>(CUBLASLT_MATMUL_PREF_IMPL_MASK, ~uint64_t(0));
    *preference = reinterpret_cast<cublasLtMatmulPreference_t>(created);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    return destroy("cublasLtMatmulPreferenceDestroy", preferences(), preference);
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
    const void *buffer, size_t bytes) {
    return set("cublasLtMatmulPreferenceSetAttribute", preferences(), preference, attribute, buffer, bytes);
}
