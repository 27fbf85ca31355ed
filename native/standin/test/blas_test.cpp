// Products of cuBLAS and cuBLASLt against plain loops.
#include "core/number.hpp"
#include "core/standin.hpp"
#include "device.hpp"

#include <cmath>
#include <cublasLt.h>
#include <cublas_v2.h>

using test::Array;
using test::ramp;

namespace {

// c = alpha·op(a)·op(b) + beta·c, column by column, in float.
std::vector<float> expected(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
    float beta, std::vector<float> c, int ldc) {
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            float sum = 0;
            for (int l = 0; l < k; l++) {
                sum += (ta ? a[l + i * lda] : a[i + l * lda]) * (tb ? b[j + l * ldb] : b[l + j * ldb]);
            }
            c[i + j * ldc] = alpha * sum + beta * c[i + j * ldc];
        }
    }
    return c;
}

struct Blas {
    cublasHandle_t handle;
    Blas() { EXPECT_EQUAL(cublasCreate_v2(&handle), CUBLAS_STATUS_SUCCESS); }
    ~Blas() { cublasDestroy_v2(handle); }
};

CASE(sgemm_multiplies_with_every_transpose_and_padded_rows) {
    Blas blas;
    const int m = 3, n = 4, k = 5, lda = 7, ldb = 6, ldc = 5;
    auto a = ramp(lda * 5), b = ramp(ldb * 5, 0.61), c = ramp(ldc * n, 0.23);
    for (int way = 0; way < 4; way++) {
        bool ta = way & 1, tb = way & 2;
        Array<float> da(a), db(b), dc(c);
        float alpha = 1.5f, beta = -0.5f;
        EXPECT_EQUAL(cublasSgemm_v2(blas.handle, ta ? CUBLAS_OP_T : CUBLAS_OP_N, tb ? CUBLAS_OP_T : CUBLAS_OP_N, m, n, k, &alpha,
            da.begin(), lda, db.begin(), ldb, &beta, dc.begin(), ldc), CUBLAS_STATUS_SUCCESS);
        alpha = beta = 9;  // read when the call was made
        test::expect_all_near(dc.values(), expected(ta, tb, m, n, k, 1.5f, a.data(), lda, b.data(), ldb, -0.5f, c, ldc), 1e-6);
    }
}

CASE(beta_of_zero_overwrites_nan_and_alpha_of_zero_reads_nothing) {
    Blas blas;
    Array<float> a({NAN}), c({NAN});
    float zero = 0;
    EXPECT_EQUAL(cublasSgemm_v2(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &zero, a.begin(), 1, a.begin(), 1, &zero, c.begin(), 1),
        CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(c.values()[0], 0.0f);
}

CASE(strided_batches_multiply_each_pair) {
    Blas blas;
    auto a = ramp(8), b = ramp(8, 0.61);
    Array<float> da(a), db(b), dc(std::vector<float>(8, NAN));
    float one = 1, zero = 0;
    EXPECT_EQUAL(cublasSgemmStridedBatched(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, da.begin(), 2, 4, db.begin(), 2, 4,
        &zero, dc.begin(), 2, 4, 2), CUBLAS_STATUS_SUCCESS);
    auto c = dc.values();
    for (int i = 0; i < 2; i++) {
        auto want = expected(false, false, 2, 2, 2, 1, &a[i * 4], 2, &b[i * 4], 2, 0, std::vector<float>(4), 2);
        test::expect_all_near(std::vector<float>(c.begin() + i * 4, c.begin() + i * 4 + 4), want, 1e-6);
    }
}

CASE(the_columns_of_a_batch_may_alternate_but_not_overlap) {
    Blas blas;
    Array<float> a({2, 3}), b({5, 7, 11, 13}), c(std::vector<float>(4, NAN));
    float one = 1, zero = 0;
    auto multiply = [&](int leading, int stride) {
        return cublasSgemmStridedBatched(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 2, 1, &one, a.begin(), 1, 1, b.begin(), 1, 2, &zero,
            c.begin(), leading, stride, 2);
    };
    EXPECT_EQUAL(multiply(2, 1), CUBLAS_STATUS_SUCCESS);
    EXPECT_TRUE(c.values() == (std::vector<float>{10, 33, 14, 39}));
    EXPECT_EQUAL(multiply(1, 1), CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_CONTAINS(gatun_standin_violations(), "the matrices C of the batch overlap");
    gatun_standin_reset();
}

CASE(batches_by_pointer_find_their_arrays_on_the_device) {
    Blas blas;
    Array<double> a({2, 3}), b({5, 7}), c({NAN, NAN});
    Array<const void *> as({a.begin(), a.begin() + 1}), bs({b.begin(), b.begin() + 1});
    Array<void *> cs({c.begin() + 1, c.begin()});
    double one = 1, zero = 0;
    auto multiply = [&] {
        return cublasGemmBatchedEx(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, as.begin(), CUDA_R_64F, 1, bs.begin(), CUDA_R_64F, 1,
            &zero, cs.begin(), CUDA_R_64F, 1, 2, CUBLAS_COMPUTE_64F, CUBLAS_GEMM_DEFAULT);
    };
    EXPECT_EQUAL(multiply(), CUBLAS_STATUS_SUCCESS);
    EXPECT_TRUE(c.values() == (std::vector<double>{21, 10}));
    const void *stale[] = {a.begin(), nullptr};
    cudaMemcpy(as.begin(), stale, sizeof stale, cudaMemcpyHostToDevice);
    EXPECT_EQUAL(multiply(), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    EXPECT_CONTAINS(gatun_standin_violations(), "cublasGemmBatchedEx: A, 8 bytes");
    gatun_standin_reset();
}

CASE(tf32_rounds_inputs_where_the_math_mode_asks_for_it) {
    Blas blas;
    const float third = 1.0f / 3;
    Array<float> a({third}), b({3}), c({NAN});
    float one = 1, zero = 0;
    auto multiply = [&] {
        cublasSgemm_v2(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.begin(), 1, b.begin(), 1, &zero, c.begin(), 1);
        return c.values()[0];
    };
    EXPECT_EQUAL(multiply(), 1.0f);
    cublasSetMathMode(blas.handle, CUBLAS_TF32_TENSOR_OP_MATH);
    EXPECT_EQUAL(multiply(), 3 * 1365.0f / 4096);
}

CASE(floats_are_rounded_as_the_compute_type_allows) {
    Blas blas;
    Array<float> a({1.0f / 3}), b({3}), c({NAN});
    float one = 1, zero = 0;
    auto multiply = [&](cublasComputeType_t compute) {
        EXPECT_EQUAL(cublasGemmEx(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, a.begin(), CUDA_R_32F, 1, b.begin(), CUDA_R_32F, 1,
            &zero, c.begin(), CUDA_R_32F, 1, compute, CUBLAS_GEMM_DEFAULT), CUBLAS_STATUS_SUCCESS);
        return c.values()[0];
    };
    EXPECT_EQUAL(multiply(CUBLAS_COMPUTE_32F), 1.0f);
    EXPECT_EQUAL(multiply(CUBLAS_COMPUTE_32F_FAST_TF32), 3 * 1365.0f / 4096);
    EXPECT_EQUAL(multiply(CUBLAS_COMPUTE_32F_FAST_16F), 3 * 1365.0f / 4096);
    EXPECT_EQUAL(multiply(CUBLAS_COMPUTE_32F_FAST_16BF), 3 * 171.0f / 512);
}

CASE(half_precision_is_multiplied_and_rounded_once) {
    Blas blas;
    using standin::to_bfloat, standin::to_half;
    Array<uint16_t> a({to_half(1.5), to_half(-2)}), b({to_half(0.25), to_half(3)}), c({0});
    float one = 1, zero = 0;
    EXPECT_EQUAL(cublasGemmEx(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 2, &one, a.begin(), CUDA_R_16F, 1, b.begin(), CUDA_R_16F, 2, &zero,
        c.begin(), CUDA_R_16F, 1, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(standin::half_to_float(c.values()[0]), -5.625f);
    Array<uint16_t> x({to_bfloat(1.0078125)}), y({to_bfloat(1.0078125)});
    EXPECT_EQUAL(cublasGemmEx(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, x.begin(), CUDA_R_16BF, 1, y.begin(), CUDA_R_16BF, 1, &zero,
        c.begin(), CUDA_R_16BF, 1, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(standin::bfloat_to_float(c.values()[0]), 1.015625f);
}

CASE(bad_parameters_are_refused) {
    Blas blas;
    Array<float> x({1, 2, 3, 4});
    float one = 1;
    EXPECT_EQUAL(cublasSgemm_v2(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, x.begin(), 1, x.begin(), 2, &one, x.begin(), 2),
        CUBLAS_STATUS_INVALID_VALUE);
    EXPECT_EQUAL(cublasGemmEx(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, x.begin(), CUDA_R_16F, 1, x.begin(), CUDA_R_32F, 1, &one,
        x.begin(), CUDA_R_32F, 1, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT), CUBLAS_STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
    EXPECT_EQUAL(cublasSgemm_v2(blas.handle, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, x.begin() + 1, 2, x.begin(), 2, &one, x.begin(), 2),
        CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_CONTAINS(gatun_standin_violations(), "cublasSgemm_v2: A, 16 bytes");
    gatun_standin_reset();
}

/// A product d = a·b of cublasLt with layouts of any order.
struct Light {
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t description;
    cublasLtMatrixLayout_t a, b, d;
    cublasLtMatmulPreference_t preference;

    Light(cudaDataType type, int m, int n, int k, cublasLtOrder_t order = CUBLASLT_ORDER_COL) {
        EXPECT_EQUAL(cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
        EXPECT_EQUAL(cublasLtMatmulDescCreate(&description, CUBLAS_COMPUTE_32F, CUDA_R_32F), CUBLAS_STATUS_SUCCESS);
        bool rows = order == CUBLASLT_ORDER_ROW;
        cublasLtMatrixLayoutCreate(&a, type, m, k, rows ? k : m);
        cublasLtMatrixLayoutCreate(&b, type, k, n, rows ? n : k);
        cublasLtMatrixLayoutCreate(&d, type, m, n, rows ? n : m);
        for (auto layout : {a, b, d}) {
            int32_t value = order;
            EXPECT_EQUAL(cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_ORDER, &value, sizeof value), CUBLAS_STATUS_SUCCESS);
        }
        cublasLtMatmulPreferenceCreate(&preference);
    }

    ~Light() {
        cublasLtMatmulPreferenceDestroy(preference);
        for (auto layout : {a, b, d}) {
            cublasLtMatrixLayoutDestroy(layout);
        }
        cublasLtMatmulDescDestroy(description);
        cublasLtDestroy(handle);
    }

    void set_epilogue(cublasLtEpilogue_t epilogue, const void *bias) {
        EXPECT_EQUAL(cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, 4), CUBLAS_STATUS_SUCCESS);
        EXPECT_EQUAL(cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias), CUBLAS_STATUS_SUCCESS);
    }

    void set_argument(void *argument, int64_t leading) {
        EXPECT_EQUAL(cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, &argument, sizeof argument),
            CUBLAS_STATUS_SUCCESS);
        EXPECT_EQUAL(cublasLtMatmulDescSetAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, &leading, sizeof leading),
            CUBLAS_STATUS_SUCCESS);
    }

    /// d = a·b, or a·b + c.
    cublasStatus_t multiply(const void *x, const void *y, void *z, const cublasLtMatmulAlgo_t *algorithm = nullptr, const void *c = nullptr) {
        float one = 1, beta = c == nullptr ? 0 : 1;
        return cublasLtMatmul(handle, description, &one, x, a, y, b, &beta, c == nullptr ? z : c, d, z, d, algorithm, nullptr, 0, nullptr);
    }
};

CASE(matmul_adds_bias_and_activates) {
    auto a = ramp(6), b = ramp(6, 0.61), bias = ramp(2, 0.17);
    Array<float> da(a), db(b), dd(std::vector<float>(4, NAN)), dbias(bias);
    auto plain = expected(false, false, 2, 2, 3, 1, a.data(), 2, b.data(), 3, 0, std::vector<float>(4), 2);
    const double c = std::sqrt(2 / M_PI);
    for (auto epilogue : {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_BIAS, CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_RELU_BIAS,
             CUBLASLT_EPILOGUE_GELU, CUBLASLT_EPILOGUE_GELU_BIAS}) {
        Light light(CUDA_R_32F, 2, 2, 3);
        light.set_epilogue(epilogue, dbias.begin());
        EXPECT_EQUAL(light.multiply(da.begin(), db.begin(), dd.begin()), CUBLAS_STATUS_SUCCESS);
        auto d = dd.values();
        for (int i = 0; i < 4; i++) {
            double value = plain[i] + (epilogue & CUBLASLT_EPILOGUE_BIAS ? bias[i % 2] : 0);
            value = epilogue & CUBLASLT_EPILOGUE_RELU ? std::max(value, 0.0) : value;
            value = epilogue & CUBLASLT_EPILOGUE_GELU ? value / 2 * (1 + std::tanh(c * (value + 0.044715 * std::pow(value, 3)))) : value;
            EXPECT_NEAR(d[i], value, 1e-6);
        }
    }
}

CASE(gelu_leaves_its_argument_where_its_description_says) {
    auto a = ramp(6), b = ramp(6, 0.61), bias = ramp(2, 0.17), c = ramp(4, 0.37);
    Array<float> da(a), db(b), dc(c), dd(std::vector<float>(4, NAN)), dbias(bias);
    auto plain = expected(false, false, 2, 2, 3, 1, a.data(), 2, b.data(), 3, 1, c, 2);
    const double root = std::sqrt(2 / M_PI);
    for (auto epilogue : {CUBLASLT_EPILOGUE_GELU_AUX, CUBLASLT_EPILOGUE_GELU_AUX_BIAS}) {
        Array<float> argument(std::vector<float>(10, NAN));
        Light light(CUDA_R_32F, 2, 2, 3);
        light.set_epilogue(epilogue, dbias.begin());
        EXPECT_EQUAL(light.multiply(da.begin(), db.begin(), dd.begin()), CUBLAS_STATUS_INVALID_VALUE);
        light.set_argument(argument.begin(), 12);
        EXPECT_EQUAL(light.multiply(da.begin(), db.begin(), dd.begin()), CUBLAS_STATUS_INVALID_VALUE);
        light.set_argument(nullptr, 8);
        EXPECT_EQUAL(light.multiply(da.begin(), db.begin(), dd.begin()), CUBLAS_STATUS_INVALID_VALUE);
        light.set_argument(argument.begin(), 8);
        EXPECT_EQUAL(light.multiply(da.begin(), db.begin(), dd.begin(), nullptr, dc.begin()), CUBLAS_STATUS_SUCCESS);
        auto d = dd.values(), kept = argument.values();
        for (int i = 0; i < 4; i++) {
            double value = plain[i] + (epilogue & CUBLASLT_EPILOGUE_BIAS ? bias[i % 2] : 0);
            EXPECT_NEAR(kept[i / 2 * 8 + i % 2], value, 1e-6);
            EXPECT_NEAR(d[i], value / 2 * (1 + std::tanh(root * (value + 0.044715 * std::pow(value, 3)))), 1e-6);
        }
        EXPECT_TRUE(std::isnan(kept[2]) && std::isnan(kept[7]));
    }
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

CASE(an_argument_lies_in_memory_that_is_large_enough) {
    Array<float> a(std::vector<float>(6)), d(std::vector<float>(4)), argument(std::vector<float>(9));
    Light light(CUDA_R_32F, 2, 2, 3);
    light.set_epilogue(CUBLASLT_EPILOGUE_GELU_AUX, nullptr);
    light.set_argument(argument.begin(), 8);
    EXPECT_EQUAL(light.multiply(a.begin(), a.begin(), d.begin()), CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_CONTAINS(gatun_standin_violations(), "the argument, 40 bytes");
    gatun_standin_reset();
}

CASE(an_algorithm_is_chosen_for_a_bias_so_aligned) {
    Array<float> a(std::vector<float>(6)), d(std::vector<float>(4)), bias(std::vector<float>(4));
    Light light(CUDA_R_32F, 2, 2, 3);
    light.set_epilogue(CUBLASLT_EPILOGUE_BIAS, bias.begin());
    cublasLtMatmulHeuristicResult_t result;
    int count = 0;
    EXPECT_EQUAL(cublasLtMatmulAlgoGetHeuristic(light.handle, light.description, light.a, light.b, light.d, light.d, light.preference, 1,
        &result, &count), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(light.multiply(a.begin(), a.begin(), d.begin(), &result.algo), CUBLAS_STATUS_SUCCESS);
    light.set_epilogue(CUBLASLT_EPILOGUE_BIAS, bias.begin() + 1);
    EXPECT_EQUAL(light.multiply(a.begin(), a.begin(), d.begin(), &result.algo), CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_CONTAINS(gatun_standin_violations(), "the bias is not aligned to the 256 bytes");
    gatun_standin_reset();
}

CASE(matmul_takes_rows_in_a_row) {
    Array<float> a({1, 2, 3, 4, 5, 6}), b({1, 0, 0, 1, 1, 1}), d(std::vector<float>(4, NAN));
    Light light(CUDA_R_32F, 2, 2, 3, CUBLASLT_ORDER_ROW);
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin()), CUBLAS_STATUS_SUCCESS);
    EXPECT_TRUE(d.values() == (std::vector<float>{4, 5, 10, 11}));
}

CASE(a_heuristic_gives_an_algorithm_that_holds_its_caller_to_its_promises) {
    Array<float> a({1, 2, 3, 4, 5, 6}), b({1, 0, 0, 1, 1, 1}), d(std::vector<float>(8, NAN));
    Light light(CUDA_R_32F, 2, 2, 3);
    cublasLtMatmulHeuristicResult_t result;
    int count = 0;
    EXPECT_EQUAL(cublasLtMatmulAlgoGetHeuristic(light.handle, light.description, light.a, light.b, light.d, light.d, light.preference, 1,
        &result, &count), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(count, 1);
    EXPECT_EQUAL(result.workspaceSize, 0u);
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin(), &result.algo), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin() + 1, &result.algo), CUBLAS_STATUS_EXECUTION_FAILED);
    EXPECT_CONTAINS(gatun_standin_violations(), "C is not aligned to the 256 bytes");
    gatun_standin_reset();
    cublasLtMatmulAlgo_t unknown = {};
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin(), &unknown), CUBLAS_STATUS_INVALID_VALUE);
    uint64_t most = 1 << 20;
    cublasLtMatmulPreferenceSetAttribute(light.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most);
    cublasLtMatmulAlgoGetHeuristic(light.handle, light.description, light.a, light.b, light.d, light.d, light.preference, 1, &result, &count);
    EXPECT_TRUE(result.workspaceSize > 0);
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin(), &result.algo), CUBLAS_STATUS_INVALID_VALUE);
}

CASE(layouts_that_do_not_fit_are_refused) {
    Array<float> x(std::vector<float>(16));
    Light light(CUDA_R_32F, 2, 2, 3);
    uint64_t rows = 4;
    int64_t leading = 4;
    cublasLtMatrixLayoutSetAttribute(light.b, CUBLASLT_MATRIX_LAYOUT_ROWS, &rows, sizeof rows);
    EXPECT_EQUAL(light.multiply(x.begin(), x.begin(), x.begin()), CUBLAS_STATUS_INVALID_VALUE);
    EXPECT_EQUAL(cublasLtMatrixLayoutSetAttribute(light.b, CUBLASLT_MATRIX_LAYOUT_LD, &leading, 4), CUBLAS_STATUS_INVALID_VALUE);
    size_t written = 0;
    EXPECT_EQUAL(cublasLtMatrixLayoutGetAttribute(light.b, CUBLASLT_MATRIX_LAYOUT_ROWS, nullptr, 0, &written), CUBLAS_STATUS_SUCCESS);
    EXPECT_EQUAL(written, 8u);
}

CASE(batches_of_matmul_move_by_their_strides) {
    Array<float> a({1, 2, 3, 4}), b({5, 6, 7, 8}), d({NAN, NAN, NAN});
    Light light(CUDA_R_32F, 1, 1, 2);
    for (auto layout : {light.a, light.b, light.d}) {
        int32_t batch = 2;
        int64_t stride = 2;
        cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch);
        cublasLtMatrixLayoutSetAttribute(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride);
    }
    EXPECT_EQUAL(light.multiply(a.begin(), b.begin(), d.begin()), CUBLAS_STATUS_SUCCESS);
    auto values = d.values();
    EXPECT_EQUAL(values[0], 17.0f);
    EXPECT_TRUE(std::isnan(values[1]));
    EXPECT_EQUAL(values[2], 53.0f);
}

CASE(nothing_is_left_alive) {
    EXPECT_EQUAL(std::string(gatun_standin_live()), "");
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

}  // namespace
