#include "product.hpp"

namespace baseline {

Product::Product(const Device &device, const Extent &extent, const Matrices &a, const Matrices &b, const Matrices &c)
    : device_(device), extent_(extent), a_(a), b_(b), c_(c),
      table_(3 * sizeof(void *) * static_cast<size_t>(extent.batch * extent.heads)) {
    std::vector<float *> addresses;
    for (const Matrices &each : {b_, a_, c_}) {
        for (int i = 0; i < extent.batch * extent.heads; i++) {
            addresses.push_back(each.at + i / extent.heads * each.outer + i % extent.heads * each.inner);
        }
    }
    CALL(cudaMemcpy(table_.pointer(), addresses.data(), table_.bytes(), cudaMemcpyHostToDevice));
}

bool Product::is_strided() const {
    auto follows = [&](const Matrices &each) { return each.outer == extent_.heads * each.inner; };
    return extent_.batch == 1 || (follows(a_) && follows(b_) && follows(c_));
}

void Product::run() {
    const float one = 1, zero = 0;
    int count = extent_.batch * extent_.heads;
    cublasOperation_t of_a = a_.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    cublasOperation_t of_b = b_.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    if (is_strided()) {
        CALL(cublasGemmStridedBatchedEx(device_.blas, of_b, of_a, extent_.n, extent_.m, extent_.k, &one, b_.at, CUDA_R_32F,
            b_.leading, b_.inner, a_.at, CUDA_R_32F, a_.leading, a_.inner, &zero, c_.at, CUDA_R_32F, c_.leading, c_.inner, count,
            device_.compute_type(), CUBLAS_GEMM_DEFAULT));
        return;
    }
    auto **table = static_cast<void **>(table_.pointer());
    CALL(cublasGemmBatchedEx(device_.blas, of_b, of_a, extent_.n, extent_.m, extent_.k, &one, table, CUDA_R_32F, b_.leading,
        table + count, CUDA_R_32F, a_.leading, &zero, table + 2 * count, CUDA_R_32F, c_.leading, count, device_.compute_type(),
        CUBLAS_GEMM_DEFAULT));
}

}  // namespace baseline
