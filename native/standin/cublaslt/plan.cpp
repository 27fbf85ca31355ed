#include "plan.hpp"

namespace standin::cublaslt {
namespace {

constexpr auto invalid = CUBLAS_STATUS_INVALID_VALUE;

cublasStatus_t operand(const Layout &layout, Operand &result, int64_t batch) {
    auto type = type_of(static_cast<cudaDataType>(layout.value<uint32_t>(CUBLASLT_MATRIX_LAYOUT_TYPE)));
    auto order = layout.value<int32_t>(CUBLASLT_MATRIX_LAYOUT_ORDER);
    if (!type || (order != CUBLASLT_ORDER_COL && order != CUBLASLT_ORDER_ROW)) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    bool by_rows = order == CUBLASLT_ORDER_ROW;
    auto rows = int64_t(layout.value<uint64_t>(CUBLASLT_MATRIX_LAYOUT_ROWS));
    auto columns = int64_t(layout.value<uint64_t>(CUBLASLT_MATRIX_LAYOUT_COLS));
    auto leading = layout.value<int64_t>(CUBLASLT_MATRIX_LAYOUT_LD);
    auto stride = layout.value<int64_t>(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET);
    if (rows <= 0 || columns <= 0 || leading < (by_rows ? columns : rows) || stride < 0
        || layout.value<int32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT) != batch) {
        return invalid;
    }
    Matrix matrix{nullptr, *type, by_rows ? leading : 1, by_rows ? 1 : leading};
    result = {matrix, rows, columns, stride};
    return CUBLAS_STATUS_SUCCESS;
}

void transpose(Operand &operand) {
    std::swap(operand.rows, operand.columns);
    std::swap(operand.matrix.row_step, operand.matrix.column_step);
}

bool known(cublasLtEpilogue_t epilogue) {
    switch (epilogue) {
        case CUBLASLT_EPILOGUE_DEFAULT:
        case CUBLASLT_EPILOGUE_BIAS:
        case CUBLASLT_EPILOGUE_RELU:
        case CUBLASLT_EPILOGUE_RELU_BIAS:
        case CUBLASLT_EPILOGUE_GELU:
        case CUBLASLT_EPILOGUE_GELU_BIAS:
        case CUBLASLT_EPILOGUE_GELU_AUX:
        case CUBLASLT_EPILOGUE_GELU_AUX_BIAS: return true;
        default: return false;
    }
}

cublasStatus_t read_epilogue(const Description &description, Plan &result) {
    result.epilogue = static_cast<cublasLtEpilogue_t>(description.value<uint32_t>(CUBLASLT_MATMUL_DESC_EPILOGUE));
    result.bias = description.value<const void *>(CUBLASLT_MATMUL_DESC_BIAS_POINTER);
    result.bias_stride = description.value<int64_t>(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE);
    auto type = description.value<int32_t>(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE);
    auto bias_type = type == -1 ? result.d.matrix.type : type_of(static_cast<cudaDataType>(type));
    if (!known(result.epilogue) || !bias_type) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    result.bias_type = *bias_type;
    if (result.keeps_argument()) {
        auto leading = description.value<int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD);
        result.argument_stride = description.value<int64_t>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE);
        if (leading % 8 != 0 || leading < result.d.rows || result.argument_stride % 8 != 0) {
            return invalid;
        }
        auto *begin = description.value<const void *>(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER);
        result.argument = Matrix::columns(begin, result.d.matrix.type, leading);
    }
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t read_computation(const Description &description, Plan &result) {
    auto way = static_cast<cublasComputeType_t>(description.value<int32_t>(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE));
    auto scale = type_of(static_cast<cudaDataType>(description.value<int32_t>(CUBLASLT_MATMUL_DESC_SCALE_TYPE)));
    auto compute = computing(way, result.a.matrix.type, result.b.matrix.type, result.d.matrix.type);
    auto pointers = description.value<int32_t>(CUBLASLT_MATMUL_DESC_POINTER_MODE);
    if (!compute || !scale || compute->scale != *scale || result.c.matrix.type != result.d.matrix.type
        || (pointers != CUBLASLT_POINTER_MODE_HOST && pointers != CUBLASLT_POINTER_MODE_DEVICE)) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    result.compute = *compute;
    result.device_scalars = pointers == CUBLASLT_POINTER_MODE_DEVICE;
    return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

cublasStatus_t plan(const char *function, cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
    cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, Plan &result) {
    Description *how = descriptions().find(function, description);
    Layout *found[] = {layouts().find(function, a), layouts().find(function, b), layouts().find(function, c), layouts().find(function, d)};
    if (how == nullptr || !found[0] || !found[1] || !found[2] || !found[3]) {
        return invalid;
    }
    result.batch = found[3]->value<int32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT);
    Operand *operands[] = {&result.a, &result.b, &result.c, &result.d};
    for (int i = 0; i < 4; i++) {
        if (auto status = operand(*found[i], *operands[i], result.batch)) {
            return status;
        }
    }
    for (auto [attribute, matrix] : {std::pair(CUBLASLT_MATMUL_DESC_TRANSA, &result.a), std::pair(CUBLASLT_MATMUL_DESC_TRANSB, &result.b)}) {
        auto operation = how->value<int32_t>(attribute);
        if (operation < CUBLAS_OP_N || operation > CUBLAS_OP_C) {
            return invalid;
        }
        if (operation != CUBLAS_OP_N) {
            transpose(*matrix);
        }
    }
    bool fits = result.batch >= 1 && result.a.rows == result.d.rows && result.b.columns == result.d.columns && result.a.columns == result.b.rows
        && result.c.rows == result.d.rows && result.c.columns == result.d.columns;
    if (!fits || how->value<int32_t>(CUBLASLT_MATMUL_DESC_TRANSC) != CUBLAS_OP_N) {
        return invalid;
    }
    cublasStatus_t status = read_computation(*how, result);
    return status ? status : read_epilogue(*how, result);
}

}  // namespace standin::cublaslt
