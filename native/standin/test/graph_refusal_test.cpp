// What the graph API refuses, and when.
#include "graph.hpp"
#include "refusal.hpp"

using namespace test;

namespace {

const Dimensions query{2, 2, 4, 8}, key{2, 2, 6, 8}, rows{2, 2, 4, 1}, scores{2, 2, 4, 6}, single{1, 1, 1, 1}, lengths{2, 1, 1, 1};
constexpr auto half = CUDNN_DATA_HALF;

CASE(tensors_check_every_attribute) {
    const auto id = CUDNN_ATTR_TENSOR_UNIQUE_ID;
    Made one(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    int64_t values[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    EXPECT_REFUSED(one.finalize(), BAD_PARAM, "CUDNN_ATTR_TENSOR_UNIQUE_ID is not set");
    EXPECT_REFUSED(cudnnBackendSetAttribute(one.get(), id, CUDNN_TYPE_FLOAT, 1, values), BAD_PARAM_ATTRIBUTE_TYPE, "attributeType");
    EXPECT_REFUSED(cudnnBackendSetAttribute(one.get(), id, CUDNN_TYPE_INT64, 2, values), BAD_PARAM, "elementCount");
    EXPECT_REFUSED(cudnnBackendSetAttribute(one.get(), id, CUDNN_TYPE_INT64, 0, values), BAD_PARAM, "elementCount");
    EXPECT_REFUSED(cudnnBackendSetAttribute(one.get(), id, CUDNN_TYPE_INT64, 1, nullptr), BAD_PARAM, "arrayOfElements");
    EXPECT_REFUSED(one.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, Dimensions(9, 1)), BAD_PARAM, "elementCount");
    EXPECT_REFUSED(one.integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, 1), BAD_PARAM, "attribute == nullptr");
    EXPECT_REFUSED(cudnnBackendSetAttribute(nullptr, id, CUDNN_TYPE_INT64, 1, values), BAD_PARAM_NULL_POINTER, "descriptor");
    EXPECT_REFUSED(cudnnBackendGetAttribute(one.get(), id, CUDNN_TYPE_INT64, 1, nullptr, values), NOT_INITIALIZED, "finalized");
    EXPECT_REFUSED(described(1, half, {2, 0, 4, 8}).finalize(), BAD_PARAM, "dimension");
    EXPECT_REFUSED(described(1, half, query, Memory::device, {64, 32, -8, 1}).finalize(), BAD_PARAM, "stride");
    EXPECT_REFUSED(described(1, half, query, Memory::device, {64, 32, 8}).finalize(), BAD_PARAM, "stride count");
    EXPECT_REFUSED(described(1, CUDNN_DATA_INT8x4, query).finalize(), NOT_SUPPORTED_DATA_TYPE, "data type");
    EXPECT_REFUSED(described(1, half, query, Memory::by_value).finalize(), BAD_PARAM, "by-value");
    Made odd = described(1, half, query);
    OK(odd.integer(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 1));
    EXPECT_REFUSED(odd.finalize(), BAD_PARAM, "alignment");
}

CASE(finalized_descriptors_are_read_only_and_readable) {
    Made one = tensor(3, half, query);
    EXPECT_REFUSED(one.finalize(), BAD_PARAM, "finalized");
    EXPECT_REFUSED(one.integer(CUDNN_ATTR_TENSOR_UNIQUE_ID, 4), BAD_PARAM, "finalized");
    int64_t sizes[4] = {}, count = 0;
    OK(cudnnBackendGetAttribute(one.get(), CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 0, &count, nullptr));
    EXPECT_EQUAL(count, 4);
    OK(cudnnBackendGetAttribute(one.get(), CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 2, &count, sizes));
    EXPECT_TRUE(count == 2 && sizes[0] == 2 && sizes[1] == 2 && sizes[2] == 0);
    EXPECT_REFUSED(cudnnBackendGetAttribute(one.get(), CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_FLOAT, 4, &count, sizes),
        BAD_PARAM_ATTRIBUTE_TYPE, "attributeType");
    OK(cudnnBackendInitialize(one.get()));
    OK(one.integer(CUDNN_ATTR_TENSOR_UNIQUE_ID, 4));
}

CASE(kinds_that_the_stand_in_lacks_and_dead_descriptors) {
    cudnnBackendDescriptor_t made = nullptr;
    EXPECT_REFUSED(cudnnBackendCreateDescriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, &made), NOT_SUPPORTED, "schema");
    EXPECT_REFUSED(cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, nullptr), BAD_PARAM_NULL_POINTER, "descriptor");
    EXPECT_REFUSED(cudnnBackendDestroyDescriptor(nullptr), BAD_PARAM_NULL_POINTER, "descriptor");
    OK(cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &made));
    OK(cudnnBackendDestroyDescriptor(made));
    EXPECT_EQUAL(cudnnBackendFinalize(made), CUDNN_STATUS_BAD_PARAM);
    EXPECT_BROKEN("not a live cuDNN backend descriptor");
}

// Forward attention; each tensor can be another.
struct Forward {
    Made q = tensor(1, half, query), k = tensor(2, half, key), v = tensor(3, half, key), o = tensor(4, half, query);
    Made *stats = nullptr, *scale = nullptr, *query_lengths = nullptr, *key_lengths = nullptr;
    Made operation{CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR};

    cudnnStatus_t finalize() {
        OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, q));
        OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC, k));
        OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC, v));
        OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC, o));
        add(CUDNN_ATTR_OPERATION_SDPA_FWD_STATSDESC, stats);
        add(CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC, scale);
        add(CUDNN_ATTR_OPERATION_SDPA_FWD_SEQ_LEN_QDESC, query_lengths);
        add(CUDNN_ATTR_OPERATION_SDPA_FWD_SEQ_LEN_KVDESC, key_lengths);
        return operation.finalize();
    }

    /// How many configurations heuristics find.
    size_t usable() {
        OK(finalize());
        return configurations(graph_of({&operation})).size();
    }

private:
    void add(cudnnBackendAttributeName_t name, const Made *tensor) {
        if (tensor != nullptr) {
            OK(operation.link(name, *tensor));
        }
    }
};

cudnnStatus_t replaced(Made Forward::*member, Made other) {
    Forward changed;
    std::swap(changed.*member, other);
    return changed.finalize();
}

cudnnStatus_t added(Made *Forward::*member, Made other) {
    Forward changed;
    changed.*member = &other;
    return changed.finalize();
}

CASE(attention_checks_its_tensors) {
    Made empty(CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR), backward(CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR);
    EXPECT_REFUSED(empty.finalize(), BAD_PARAM_NOT_FINALIZED, "SDPA_FWD_QDESC is not set");
    EXPECT_REFUSED(backward.finalize(), BAD_PARAM_NOT_FINALIZED, "SDPA_BWD_QDESC is not set");
    EXPECT_REFUSED(empty.link(CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, described(1, half, query)), BAD_PARAM_NOT_FINALIZED, "not finalized");
    EXPECT_REFUSED(empty.link(CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, Made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR)),
        BAD_PARAM_DESCRIPTOR_TYPE, "kind");
    EXPECT_REFUSED(replaced(&Forward::q, tensor(1, half, {2, 4, 8})), BAD_PARAM, "4-dimensional");
    EXPECT_REFUSED(replaced(&Forward::k, tensor(2, half, {3, 2, 6, 8})), BAD_PARAM, "K must be");
    EXPECT_REFUSED(replaced(&Forward::k, tensor(2, half, {2, 2, 6, 16})), BAD_PARAM, "K must be");
    EXPECT_REFUSED(replaced(&Forward::v, tensor(3, half, {2, 2, 5, 8})), BAD_PARAM, "V (");
    EXPECT_REFUSED(replaced(&Forward::v, tensor(3, half, {2, 3, 6, 8})), BAD_PARAM, "heads");
    EXPECT_REFUSED(replaced(&Forward::o, tensor(4, half, {2, 2, 5, 8})), BAD_PARAM, "O must be");
    EXPECT_REFUSED(added(&Forward::stats, tensor(5, CUDNN_DATA_FLOAT, query)), BAD_PARAM, "statistics");
    EXPECT_REFUSED(added(&Forward::scale, tensor(6, CUDNN_DATA_FLOAT, {1, 1, 1, 2})), BAD_PARAM, "scale");
    EXPECT_REFUSED(added(&Forward::query_lengths, tensor(7, CUDNN_DATA_INT32, lengths)), BAD_PARAM, "both or none");
    Made good = tensor(7, CUDNN_DATA_INT32, lengths), typed = tensor(8, CUDNN_DATA_FLOAT, lengths), sized = tensor(8, CUDNN_DATA_INT32, single);
    for (Made *wrong : {&typed, &sized}) {
        Forward changed;
        changed.query_lengths = &good;
        changed.key_lengths = wrong;
        EXPECT_REFUSED(changed.finalize(), BAD_PARAM, "integers");
    }
}

CASE(heuristics_find_nothing_for_what_no_engine_takes) {
    EXPECT_EQUAL(Forward().usable(), 1u);
    Forward mixed, floats, odd, gaps, described_twice;
    mixed.k = tensor(2, CUDNN_DATA_BFLOAT16, key);
    EXPECT_EQUAL(mixed.usable(), 0u);
    floats.q = tensor(1, CUDNN_DATA_FLOAT, query);
    EXPECT_EQUAL(floats.usable(), 0u);
    odd.q = tensor(1, half, {2, 2, 4, 9});
    odd.k = tensor(2, half, {2, 2, 6, 9});
    EXPECT_EQUAL(odd.usable(), 0u);
    gaps.q = tensor(1, half, query, Memory::device, {128, 64, 16, 2});
    EXPECT_EQUAL(gaps.usable(), 0u);
    described_twice.k = tensor(1, half, key);
    OK(described_twice.finalize());
    Made graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    EXPECT_REFUSED(graph.finalize(), BAD_PARAM_NOT_FINALIZED, "OPS");
    OK(graph.link(CUDNN_ATTR_OPERATIONGRAPH_OPS, described_twice.operation));
    EXPECT_REFUSED(graph.finalize(), BAD_PARAM_DUPLICATED_ENTRIES, "tensor 1");
    Forward first, second;
    OK(first.finalize());
    OK(second.finalize());
    Made both(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    OK(both.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
        std::vector<cudnnBackendDescriptor_t>{first.operation.get(), second.operation.get()}));
    EXPECT_REFUSED(both.finalize(), NOT_SUPPORTED_GRAPH_PATTERN, "only operation");
}

CASE(engines_are_those_of_the_graph) {
    Forward forward;
    OK(forward.finalize());
    Made graph = graph_of({&forward.operation}), engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR), plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    int64_t engines = graph.read(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT);
    OK(engine.link(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph));
    OK(engine.integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, engines));
    EXPECT_REFUSED(engine.finalize(), BAD_PARAM, "GLOBAL_INDEX");
    OK(engine.integer(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, engines - 1));
    OK(engine.finalize());
    EXPECT_REFUSED(plan.finalize(), BAD_PARAM_NOT_FINALIZED, "ENGINE_CONFIG");
    Made heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    OK(heuristics.link(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph));
    OK(heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, std::vector<int>{77}));
    EXPECT_REFUSED(heuristics.finalize(), BAD_PARAM, "mode");
    EXPECT_REFUSED(heuristics.link(CUDNN_ATTR_ENGINEHEUR_RESULTS, graph), BAD_PARAM, "given");
}

CASE(masks_check_their_parts) {
    Made x = tensor(20, CUDNN_DATA_FLOAT, scores, Memory::virtual_), y = tensor(21, CUDNN_DATA_FLOAT, scores, Memory::virtual_);
    Made infinity = tensor(22, CUDNN_DATA_FLOAT, single, Memory::by_value), wide = tensor(23, CUDNN_DATA_FLOAT, key);
    auto band = [&](const Made *b, cudnnPointwiseMode_t mode, const Made *left, const Made *right) {
        Made made(CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR);
        OK(made.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_XDESC, x));
        OK(made.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC, y));
        OK(made.set(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE, CUDNN_TYPE_POINTWISE_MODE, std::vector<int>{mode}));
        for (auto [name, part] : {std::pair(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_BDESC, b),
                 std::pair(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_LEFT_BOUND_DESC, left),
                 std::pair(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SHIFT_RIGHT_BOUND_DESC, right)}) {
            if (part != nullptr) {
                OK(made.link(name, *part));
            }
        }
        return made.finalize();
    };
    OK(band(&infinity, CUDNN_POINTWISE_CMP_GE, nullptr, nullptr));
    EXPECT_REFUSED(band(nullptr, CUDNN_POINTWISE_CMP_GE, nullptr, nullptr), BAD_PARAM_NOT_FINALIZED, "BDESC is not set");
    EXPECT_REFUSED(band(&infinity, CUDNN_POINTWISE_ADD, nullptr, nullptr), BAD_PARAM, "comparison");
    EXPECT_REFUSED(band(&infinity, CUDNN_POINTWISE_CMP_GE, &infinity, &infinity), BAD_PARAM, "not both");
    EXPECT_REFUSED(band(&wide, CUDNN_POINTWISE_CMP_GE, nullptr, nullptr), BAD_PARAM, "broadcast");
    Made what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR), index(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    OK(what.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, std::vector<int>{CUDNN_POINTWISE_ERF}));
    EXPECT_REFUSED(what.finalize(), NOT_SUPPORTED, "pointwise mode");
    OK(index.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, std::vector<int>{CUDNN_POINTWISE_GEN_INDEX}));
    EXPECT_REFUSED(index.finalize(), BAD_PARAM, "AXIS");
}

CASE(subgraphs_lead_from_their_input_to_their_output) {
    Made x = tensor(20, CUDNN_DATA_FLOAT, scores, Memory::virtual_), y = tensor(21, CUDNN_DATA_FLOAT, scores, Memory::virtual_);
    Made bias = tensor(22, half, scores), added_bias = pointwise(CUDNN_POINTWISE_ADD, -1, x, &bias, nullptr, y);
    Made subgraph = graph_of({&added_bias});
    EXPECT_EQUAL(configurations(subgraph).size(), 0u);
    auto with = [&](int64_t input, int64_t output) {
        Forward forward;
        OK(forward.operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH, subgraph));
        OK(forward.operation.integer(CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_INPUT_UID, input));
        OK(forward.operation.integer(CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_OUTPUT_UID, output));
        return forward.finalize();
    };
    OK(with(20, 21));
    EXPECT_REFUSED(with(90, 21), BAD_PARAM, "virtual tensor 20");
    EXPECT_REFUSED(with(20, 90), BAD_PARAM, "writes its output, tensor 90");
}

// A plan and a variant pack that can be wrong.
struct Run {
    Forward forward;
    cudnnHandle_t handle = nullptr;
    Array<uint16_t> q{std::vector<uint16_t>(128 + 1)}, k{std::vector<uint16_t>(192)}, v{std::vector<uint16_t>(192)}, o{std::vector<uint16_t>(128)};
    Array<char> workspace{std::vector<char>(1 << 12)};
    Pointers pointers{{1, q.begin()}, {2, k.begin()}, {3, v.begin()}, {4, o.begin()}};

    Run() {
        OK(cudnnCreate(&handle));
        OK(forward.finalize());
    }

    ~Run() { cudnnDestroy(handle); }

    cudnnStatus_t execute(const Pointers &given, void *space) {
        Made plan = plan_of(handle, configurations(graph_of({&forward.operation})).at(0)), pack = pack_of(given, space);
        return cudnnBackendExecute(handle, plan.get(), pack.get());
    }

    /// With one pointer replaced.
    cudnnStatus_t execute(size_t index, void *pointer) {
        Pointers changed = pointers;
        changed[index].second = pointer;
        return execute(changed, workspace.begin());
    }
};

CASE(plans_check_their_variant_pack) {
    Run run;
    OK(run.execute(run.pointers, run.workspace.begin()));
    Pointers three(run.pointers.begin(), run.pointers.end() - 1), five = run.pointers;
    five.push_back({9, run.o.begin()});
    EXPECT_REFUSED(run.execute(three, run.workspace.begin()), BAD_PARAM, "has no tensor 4");
    EXPECT_REFUSED(run.execute(five, run.workspace.begin()), BAD_PARAM, "has no tensor 9");
    EXPECT_REFUSED(run.execute(0, nullptr), BAD_PARAM_NULL_POINTER, "tensor 1");
    EXPECT_REFUSED(run.execute(0, run.q.begin() + 1), BAD_PARAM_MISALIGNED_POINTER, "tensor 1");
    EXPECT_REFUSED(run.execute(run.pointers, nullptr), BAD_PARAM_NULL_POINTER, "workspace");
    Made pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    OK(pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, Dimensions{1, 1}));
    OK(pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::vector<void *>{nullptr}));
    EXPECT_REFUSED(pack.finalize(), BAD_PARAM, "as many pointers");
    OK(pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::vector<void *>{nullptr, nullptr}));
    EXPECT_REFUSED(pack.finalize(), BAD_PARAM_DUPLICATED_ENTRIES, "twice");
}

CASE(memory_of_the_host_and_short_memory_are_a_breach) {
    Run run;
    alignas(16) uint16_t host[192] = {};
    EXPECT_TRUE(run.execute(1, host) != CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("variant pack");
    EXPECT_TRUE(run.execute(1, run.k.begin() + 8) != CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("variant pack");
    EXPECT_TRUE(run.execute(run.pointers, run.workspace.begin() + (1 << 12) - 16) != CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("workspace");
}

CASE(what_a_plan_is_made_of_may_end_before_it) {
    Run run;
    auto plan = [&] {
        Forward forward;
        OK(forward.finalize());
        return plan_of(run.handle, configurations(graph_of({&forward.operation})).at(0));
    }();
    Made pack = pack_of(run.pointers, run.workspace.begin());
    OK(cudnnBackendExecute(run.handle, plan.get(), pack.get()));
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaSuccess);
    EXPECT_REFUSED(cudnnBackendExecute(run.handle, pack.get(), plan.get()), BAD_PARAM_DESCRIPTOR_TYPE, "plan->kind");
    gatun_standin_fail("cudnnBackendExecute", 1, CUDNN_STATUS_INTERNAL_ERROR);
    EXPECT_REFUSED(cudnnBackendExecute(run.handle, plan.get(), pack.get()), INTERNAL_ERROR, "planned");
    gatun_standin_reset();
}

}  // namespace
