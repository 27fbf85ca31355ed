#include "plan.hpp"

#include <bit>
#include <cmath>

using namespace standin::cublaslt;
using standin::Product;
using standin::Region;

namespace {

constexpr uint64_t wanted_workspace = 4096;
constexpr double sqrt_2_over_pi = 0.7978845608028654;

// GELU is the tanh approximation: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
double activated(cublasLtEpilogue_t epilogue, double value) {
    if ((epilogue & CUBLASLT_EPILOGUE_RELU) != 0) {
        return value > 0 || std::isnan(value) ? value : 0;
    }
    if ((epilogue & CUBLASLT_EPILOGUE_GELU) != 0) {
        return 0.5 * value * (1 + std::tanh(sqrt_2_over_pi * (value + 0.044715 * value * value * value)));
    }
    return value;
}

void multiply_all(const Plan &plan, double alpha, double beta) {
    for (int64_t i = 0; i < plan.batch; i++) {
        Product product{plan.d.rows, plan.d.columns, plan.a.columns};
        product.a = plan.a.matrix.moved(i * plan.a.stride);
        product.b = plan.b.matrix.moved(i * plan.b.stride);
        product.c = plan.c.matrix.moved(i * plan.c.stride);
        product.d = plan.d.matrix.moved(i * plan.d.stride);
        product.alpha = alpha;
        product.beta = beta;
        product.rounding = plan.compute.rounding;
        standin::Matrix argument = plan.argument.moved(i * plan.argument_stride);
        product.finish = [&](int64_t row, int64_t column, double value) {
            value += plan.adds_bias() ? standin::load(plan.bias_type, plan.bias, i * plan.bias_stride + row) : 0;
            if (plan.keeps_argument()) {
                int64_t place = row * argument.row_step + column * argument.column_step;
                standin::store(argument.type, const_cast<void *>(argument.begin), place, value);
            }
            return activated(plan.epilogue, value);
        };
        standin::multiply(product);
    }
}

Region region(const Operand &operand, int64_t batch, const char *name) {
    size_t bytes = operand.matrix.extent(operand.rows, operand.columns);
    return {operand.matrix.begin, bytes + (batch - 1) * operand.stride * standin::size_of(operand.matrix.type), name};
}

/// Whether pointers are aligned as the preference promised when the algorithm was found; a breach is recorded where not.
bool aligned(const Algorithm &algorithm, const Plan &plan) {
    const void *begins[] = {plan.a.matrix.begin, plan.b.matrix.begin, plan.c.matrix.begin, plan.d.matrix.begin};
    for (int i = 0; i < 4; i++) {
        if (reinterpret_cast<uintptr_t>(begins[i]) % algorithm.alignments[i] != 0) {
            standin::violate(std::string("cublasLtMatmul: ") + "ABCD"[i] + " is not aligned to the "
                + std::to_string(algorithm.alignments[i]) + " bytes that its algorithm was chosen for");
            return false;
        }
    }
    const void *vectors[] = {plan.adds_bias() ? plan.bias : nullptr, plan.keeps_argument() ? plan.argument.begin : nullptr};
    for (int i = 0; i < 2; i++) {
        if (reinterpret_cast<uintptr_t>(vectors[i]) % algorithm.vectors[i] != 0) {
            standin::violate(std::string("cublasLtMatmul: ") + (i == 0 ? "the bias" : "the argument") + " is not aligned to the "
                + std::to_string(algorithm.vectors[i]) + " bytes of the one that its algorithm was chosen with");
            return false;
        }
    }
    return true;
}

/// The largest power of two, up to 256, that divides an address; for none nothing is promised.
uint64_t alignment(const void *address) {
    auto bits = reinterpret_cast<uintptr_t>(address);
    return bits == 0 ? 1 : std::min<uint64_t>(256, bits & -bits);
}

cublasStatus_t queue(const Plan &plan, const void *alpha, const void *beta, std::vector<Region> regions, cudaStream_t stream) {
    standin::Type scale = plan.compute.scale;
    std::function<void()> work;
    if (plan.device_scalars) {
        regions.push_back({alpha, standin::size_of(scale), "alpha"});
        regions.push_back({beta, standin::size_of(scale), "beta"});
        regions.push_back(region(plan.c, plan.batch, "C"));
        work = [=] { multiply_all(plan, standin::load(scale, alpha, 0), standin::load(scale, beta, 0)); };
    } else {
        double a = standin::load(scale, alpha, 0), b = standin::load(scale, beta, 0);
        if (b != 0) {
            regions.push_back(region(plan.c, plan.batch, "C"));
        }
        work = [=] { multiply_all(plan, a, b); };
    }
    return standin::enqueue(stream, "cublasLtMatmul", std::move(regions), std::move(work)) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description, const void *alpha, const void *a,
    cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout, const void *beta, const void *c,
    cublasLtMatrixLayout_t c_layout, void *d, cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t *algorithm, void *workspace,
    size_t workspace_bytes, cudaStream_t stream) {
    if (auto status = begin("cublasLtMatmul")) {
        return *status;
    }
    if (handles().find("cublasLtMatmul", handle) == nullptr) {
        return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    Plan plan;
    if (auto status = standin::cublaslt::plan("cublasLtMatmul", description, a_layout, b_layout, c_layout, d_layout, plan)) {
        return status;
    }
    Algorithm chosen;
    if (algorithm != nullptr) {
        chosen = std::bit_cast<Algorithm>(*algorithm);
    }
    bool in_place_differs = c == d && (plan.c.matrix.row_step != plan.d.matrix.row_step || plan.c.matrix.column_step != plan.d.matrix.column_step);
    if (alpha == nullptr || beta == nullptr || chosen.magic != Algorithm::kind || workspace_bytes < chosen.workspace || in_place_differs
        || reinterpret_cast<uintptr_t>(workspace) % 256 != 0 || (plan.adds_bias() && plan.bias == nullptr)
        || (plan.keeps_argument() && plan.argument.begin == nullptr)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    plan.a.matrix.begin = a;
    plan.b.matrix.begin = b;
    plan.c.matrix.begin = c;
    plan.d.matrix.begin = d;
    if (!aligned(chosen, plan)) {
        return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    std::vector<Region> regions{region(plan.a, plan.batch, "A"), region(plan.b, plan.batch, "B"), region(plan.d, plan.batch, "D"),
        {workspace, workspace_bytes, "the workspace"}};
    if (plan.adds_bias()) {
        size_t elements = plan.d.rows + (plan.batch - 1) * plan.bias_stride;
        regions.push_back({plan.bias, elements * standin::size_of(plan.bias_type), "the bias"});
    }
    if (plan.keeps_argument()) {
        size_t bytes = plan.argument.extent(plan.d.rows, plan.d.columns);
        regions.push_back({plan.argument.begin, bytes + (plan.batch - 1) * plan.argument_stride * standin::size_of(plan.argument.type), "the argument"});
    }
    return queue(plan, alpha, beta, std::move(regions), stream);
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t a,
    cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int requested,
    cublasLtMatmulHeuristicResult_t results[], int *count) {
    constexpr const char *function = "cublasLtMatmulAlgoGetHeuristic";
    if (auto status = begin(function)) {
        return *status;
    }
    if (handles().find(function, handle) == nullptr) {
        return CUBLAS_STATUS_NOT_INITIALIZED;
    }
    Preference *wishes = preferences().find(function, preference);
    if (wishes == nullptr || requested <= 0 || results == nullptr || count == nullptr) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *count = 0;
    Plan plan;
    if (auto status = standin::cublaslt::plan(function, description, a, b, c, d, plan)) {
        return status;
    }
    Algorithm algorithm;
    algorithm.workspace = std::min(wishes->value<uint64_t>(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES), wanted_workspace);
    for (int i = 0; i < 4; i++) {
        algorithm.alignments[i] = wishes->value<uint32_t>(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES + i);
        if (!std::has_single_bit(algorithm.alignments[i])) {
            return CUBLAS_STATUS_INVALID_VALUE;
        }
    }
    algorithm.vectors[0] = plan.adds_bias() ? alignment(plan.bias) : 1;
    algorithm.vectors[1] = plan.keeps_argument() ? alignment(plan.argument.begin) : 1;
    results[0] = {};
    results[0].algo = std::bit_cast<cublasLtMatmulAlgo_t>(algorithm);
    results[0].workspaceSize = algorithm.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    results[0].wavesCount = 1;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
}
