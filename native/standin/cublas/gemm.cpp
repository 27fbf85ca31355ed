#include "api.hpp"

#include "core/blas.hpp"
#include "core/memory.hpp"
#include "core/product.hpp"

using namespace standin::cublas;
using standin::Matrix;
using standin::Product;
using standin::Region;
using standin::Rounding;
using standin::Type;

namespace {

/// One matrix of every product of a batch.
struct Operand {
    const void *begin;
    cudaDataType type;
    int64_t leading;
    int64_t stride;
};

struct Gemm {
    const char *function;
    cublasOperation_t a_operation, b_operation;
    int64_t m, n, k;
    const void *alpha;
    Operand a, b;
    const void *beta;
    Operand c;
    int64_t batch;
    cublasComputeType_t compute;
    bool pointers = false;  // the begins are arrays, on the device, of each product's begin
};

bool known(cublasOperation_t operation) {
    return operation == CUBLAS_OP_N || operation == CUBLAS_OP_T || operation == CUBLAS_OP_C;
}

bool valid(const Gemm &gemm) {
    int64_t a_rows = gemm.a_operation == CUBLAS_OP_N ? gemm.m : gemm.k;
    int64_t b_rows = gemm.b_operation == CUBLAS_OP_N ? gemm.k : gemm.n;
    return known(gemm.a_operation) && known(gemm.b_operation) && gemm.m >= 0 && gemm.n >= 0 && gemm.k >= 0 && gemm.batch >= 0
        && gemm.a.stride >= 0 && gemm.b.stride >= 0 && gemm.c.stride >= 0
        && gemm.a.leading >= std::max<int64_t>(1, a_rows) && gemm.b.leading >= std::max<int64_t>(1, b_rows)
        && gemm.c.leading >= std::max<int64_t>(1, gemm.m) && gemm.alpha != nullptr && gemm.beta != nullptr;
}

/// The product of one member of the batch, given where its matrices begin.
Product product_at(const Gemm &gemm, const void *a, const void *b, const void *c, Rounding rounding) {
    Product product{gemm.m, gemm.n, gemm.k};
    product.a = Matrix::columns(a, *standin::type_of(gemm.a.type), gemm.a.leading, gemm.a_operation != CUBLAS_OP_N);
    product.b = Matrix::columns(b, *standin::type_of(gemm.b.type), gemm.b.leading, gemm.b_operation != CUBLAS_OP_N);
    product.c = product.d = Matrix::columns(c, *standin::type_of(gemm.c.type), gemm.c.leading);
    product.rounding = rounding;
    return product;
}

/// Whether no element of C belongs to two products: they follow one another, or the columns of all fit between two of one.
bool apart(const Gemm &gemm) {
    const Operand &c = gemm.c;
    bool follow = c.stride >= c.leading * (gemm.n - 1) + gemm.m;
    return gemm.batch <= 1 || follow || (c.stride >= gemm.m && c.leading >= c.stride * (gemm.batch - 1) + gemm.m);
}

std::vector<Region> regions_of(const Product &product) {
    return {{product.a.begin, product.a.extent(product.m, product.k), "A"},
        {product.b.begin, product.b.extent(product.k, product.n), "B"},
        {product.d.begin, product.d.extent(product.m, product.n), "C"}};
}

void multiply_all(const Gemm &gemm, Rounding rounding, double alpha, double beta) {
    for (int64_t i = 0; i < gemm.batch; i++) {
        auto begin = [&](const Operand &operand) {
            int64_t bytes = int64_t(standin::size_of(*standin::type_of(operand.type)));
            return gemm.pointers ? static_cast<const void *const *>(operand.begin)[i]
                                 : static_cast<const char *>(operand.begin) + i * operand.stride * bytes;
        };
        Product product = product_at(gemm, begin(gemm.a), begin(gemm.b), begin(gemm.c), rounding);
        product.alpha = alpha;
        product.beta = beta;
        if (gemm.pointers) {
            for (const Region &region : regions_of(product)) {
                if (!standin::memory::check_running(gemm.function, region)) {
                    return;
                }
            }
        }
        standin::multiply(product);
    }
}

std::vector<Region> regions_of(const Gemm &gemm) {
    if (gemm.pointers) {
        size_t bytes = gemm.batch * sizeof(void *);
        return {{gemm.a.begin, bytes, "the array of A"}, {gemm.b.begin, bytes, "the array of B"}, {gemm.c.begin, bytes, "the array of C"}};
    }
    std::vector<Region> regions = regions_of(product_at(gemm, gemm.a.begin, gemm.b.begin, gemm.c.begin, Rounding::none));
    const Operand *operands[] = {&gemm.a, &gemm.b, &gemm.c};
    for (int i = 0; i < 3; i++) {
        if (regions[i].bytes > 0) {
            regions[i].bytes += (gemm.batch - 1) * operands[i]->stride * standin::size_of(*standin::type_of(operands[i]->type));
        }
    }
    return regions;
}

cublasStatus_t run(const cublasContext &context, const Gemm &gemm) {
    auto a = standin::type_of(gemm.a.type), b = standin::type_of(gemm.b.type), c = standin::type_of(gemm.c.type);
    auto compute = a && b && c ? standin::computing(gemm.compute, *a, *b, *c) : std::nullopt;
    if (!valid(gemm)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (!compute) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    if (gemm.m == 0 || gemm.n == 0 || gemm.batch == 0) {
        return CUBLAS_STATUS_SUCCESS;
    }
    if (!gemm.pointers && !apart(gemm)) {
        standin::violate(std::string(gemm.function) + ": the matrices C of the batch overlap");
        return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    int plain = context.math & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
    bool tf32 = *a == Type::f32 && gemm.compute == CUBLAS_COMPUTE_32F && plain == CUBLAS_TF32_TENSOR_OP_MATH;
    Rounding rounding = tf32 ? Rounding::tf32 : compute->rounding;
    Type scale = compute->scale;
    std::vector<Region> regions = regions_of(gemm);
    double alpha = standin::load(scale, gemm.alpha, 0), beta = standin::load(scale, gemm.beta, 0);
    bool queued = standin::enqueue(context.stream, gemm.function, std::move(regions), [=] { multiply_all(gemm, rounding, alpha, beta); });
    return queued ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

cublasStatus_t call(cublasHandle_t handle, const Gemm &gemm) {
    if (auto status = begin(gemm.function)) {
        return *status;
    }
    cublasContext *context = find(gemm.function, handle);
    return context == nullptr ? CUBLAS_STATUS_NOT_INITIALIZED : run(*context, gemm);
}

}  // namespace

cublasStatus_t cublasSgemm_v2(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k,
    const float *alpha, const float *a, int lda, const float *b, int ldb, const float *beta, float *c, int ldc) {
    return call(handle, {"cublasSgemm_v2", transa, transb, m, n, k, alpha, {a, CUDA_R_32F, lda, 0}, {b, CUDA_R_32F, ldb, 0}, beta,
        {c, CUDA_R_32F, ldc, 0}, 1, CUBLAS_COMPUTE_32F});
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
    int k, const float *alpha, const float *a, int lda, long long stride_a, const float *b, int ldb, long long stride_b,
    const float *beta, float *c, int ldc, long long stride_c, int batch) {
    return call(handle, {"cublasSgemmStridedBatched", transa, transb, m, n, k, alpha, {a, CUDA_R_32F, lda, stride_a},
        {b, CUDA_R_32F, ldb, stride_b}, beta, {c, CUDA_R_32F, ldc, stride_c}, batch, CUBLAS_COMPUTE_32F});
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k,
    const void *alpha, const void *a, cudaDataType a_type, int lda, const void *b, cudaDataType b_type, int ldb, const void *beta,
    void *c, cudaDataType c_type, int ldc, cublasComputeType_t compute, cublasGemmAlgo_t) {
    return call(handle, {"cublasGemmEx", transa, transb, m, n, k, alpha, {a, a_type, lda, 0}, {b, b_type, ldb, 0}, beta,
        {c, c_type, ldc, 0}, 1, compute});
}

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n,
    int k, const void *alpha, const void *a, cudaDataType a_type, int lda, long long stride_a, const void *b, cudaDataType b_type,
    int ldb, long long stride_b, const void *beta, void *c, cudaDataType c_type, int ldc, long long stride_c, int batch,
    cublasComputeType_t compute, cublasGemmAlgo_t) {
    return call(handle, {"cublasGemmStridedBatchedEx", transa, transb, m, n, k, alpha, {a, a_type, lda, stride_a},
        {b, b_type, ldb, stride_b}, beta, {c, c_type, ldc, stride_c}, batch, compute});
}

cublasStatus_t cublasGemmBatchedEx(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k,
    const void *alpha, const void *const a[], cudaDataType a_type, int lda, const void *const b[], cudaDataType b_type, int ldb,
    const void *beta, void *const c[], cudaDataType c_type, int ldc, int batch, cublasComputeType_t compute, cublasGemmAlgo_t) {
    return call(handle, {"cublasGemmBatchedEx", transa, transb, m, n, k, alpha, {a, a_type, lda, 0}, {b, b_type, ldb, 0}, beta,
        {c, c_type, ldc, 0}, batch, compute, true});
}
