// Gatun's graphs of scaled dot-product attention, as NVIDIA's own cuDNN sees them: each is accepted, and for a described GPU there is an
// engine that makes a plan of it.
#include "graph.hpp"

using namespace test;

namespace {

enum Id : int64_t { q_id = 1, k_id, v_id, y_id, stats_id, scale_id, query_lengths_id, key_lengths_id, dy_id, dq_id, dk_id, dv_id,
    scores_id, masked_id, blocked_id };

struct Graph {
    cudnnDataType_t type;
    bool backward, recording, causal, lengths;
    int64_t batch = 2, heads = 4, queries = 64, keys = 48, size = 64;

    std::string name() const {
        return std::string(type == CUDNN_DATA_HALF ? "F16" : "BF16") + (backward ? " backward" : " forward") +
            (recording ? " recording" : "") + (causal ? " causal" : "") + (lengths ? " lengths" : "");
    }

    cudnnBackendAttributeName_t attribute(cudnnBackendAttributeName_t forward_name, cudnnBackendAttributeName_t backward_name) const {
        return backward ? backward_name : forward_name;
    }

    Made mask() const {
        Dimensions scores{batch, heads, queries, keys};
        Made band(CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR);
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_XDESC, tensor(scores_id, CUDNN_DATA_FLOAT, scores, Memory::virtual_)));
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_BDESC, tensor(blocked_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value)));
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC, tensor(masked_id, CUDNN_DATA_FLOAT, scores, Memory::virtual_)));
        OK(band.set(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE, CUDNN_TYPE_POINTWISE_MODE,
            std::vector<cudnnPointwiseMode_t>{CUDNN_POINTWISE_CMP_GE}));
        OK(band.finalize());
        return band;
    }

    Made operation() const {
        Dimensions query{batch, heads, queries, size}, key{batch, heads, keys, size};
        Made made(backward ? CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR : CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR);
#define ATTRIBUTE(name) attribute(CUDNN_ATTR_OPERATION_SDPA_FWD_##name, CUDNN_ATTR_OPERATION_SDPA_BWD_##name)
        OK(made.link(ATTRIBUTE(QDESC), tensor(q_id, type, query)));
        OK(made.link(ATTRIBUTE(KDESC), tensor(k_id, type, key)));
        OK(made.link(ATTRIBUTE(VDESC), tensor(v_id, type, key)));
        OK(made.link(ATTRIBUTE(ODESC), tensor(y_id, type, query)));
        OK(made.link(ATTRIBUTE(SCALEDESC), tensor(scale_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value)));
        if (recording) {
            OK(made.link(ATTRIBUTE(STATSDESC), tensor(stats_id, CUDNN_DATA_FLOAT, {batch, heads, queries, 1})));
        }
        if (lengths) {
            OK(made.link(ATTRIBUTE(SEQ_LEN_QDESC), tensor(query_lengths_id, CUDNN_DATA_INT32, {batch, 1, 1, 1})));
            OK(made.link(ATTRIBUTE(SEQ_LEN_KVDESC), tensor(key_lengths_id, CUDNN_DATA_INT32, {batch, 1, 1, 1})));
        }
        if (causal) {
            Made masking = mask();
            OK(made.link(ATTRIBUTE(SUBGRAPH), graph_of({&masking})));
            OK(made.integer(ATTRIBUTE(SUBGRAPH_INPUT_UID), scores_id));
            OK(made.integer(ATTRIBUTE(SUBGRAPH_OUTPUT_UID), masked_id));
        }
#undef ATTRIBUTE
        if (backward) {
            OK(made.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DODDESC, tensor(dy_id, type, query)));
            OK(made.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DQDESC, tensor(dq_id, type, query)));
            OK(made.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DKDESC, tensor(dk_id, type, key)));
            OK(made.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DVDESC, tensor(dv_id, type, key)));
        }
        OK(made.finalize());
        return made;
    }
};

std::string last_error() {
    char text[4096] = "";
    cudnnGetLastErrorString(text, sizeof text);
    return text;
}

// A GPU of NVIDIA's as its data sheet describes it.
Made device(int capability, int processors, int shared_memory) {
    std::string json = R"({"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,"smCountOrigin":0,)"
        R"("warpSize":32,"maxSharedMemoryPerBlock":49152,"reservedSharedMemoryPerBlock":1024,"oversizedSharedMemoryPerBlock":0,)"
        R"("maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":0,"isTccDriver":0,)"
        R"("supportCoopLaunch":1,"totalGlobalMem":80000000000,"smClockRateKHz":1800000,"memClockRateKHz":2600000,"memoryBusWidth":5120,)"
        R"("l2CacheSize":50000000,"cudaDeviceId":0,"driverVer":13000,"deviceName":"described","name":"described","deviceVer":)" +
        std::to_string(capability) + R"(,"multiProcessorCount":)" + std::to_string(processors) +
        R"(,"maxSharedMemoryPerBlockOptin":)" + std::to_string(shared_memory) + "}";
    Made made(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    OK(made.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, std::vector<char>(json.c_str(), json.c_str() + json.size() + 1)));
    OK(made.finalize());
    return made;
}

// Bytes of work space of the first plan that can be made, as Gatun looks for one.
int64_t plan(const Made &graph, const Made &gpu) {
    std::string refusals;
    for (Made &configuration : configurations(graph, &gpu)) {
        Made made(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        OK(made.link(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration));
        OK(made.link(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, gpu));
        if (made.finalize() == CUDNN_STATUS_SUCCESS) {
            return made.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
        }
        refusals += last_error() + "\n";
    }
    std::cerr << "no plan: " << refusals << std::endl;
    return -1;
}

void expect_plans(const Made &gpu, const std::vector<cudnnDataType_t> &types) {
    for (auto type : types) {
        for (int options = 0; options < 16; options++) {
            Graph one{type, (options & 1) != 0, (options & 2) != 0, (options & 4) != 0, (options & 8) != 0};
            if (one.backward && !one.recording) {
                continue;
            }
            std::cout << "  " << one.name() << std::flush;
            Made operation = one.operation();
            int64_t bytes = plan(graph_of({&operation}), gpu);
            std::cout << ": " << bytes << " bytes" << std::endl;
            EXPECT_TRUE(bytes >= 0);
        }
    }
}

CASE(a_plan_for_every_graph_on_sm_80) {
    expect_plans(device(800, 108, 166912), {CUDNN_DATA_BFLOAT16});
}

CASE(a_plan_for_every_graph_on_sm_90) {
    expect_plans(device(900, 132, 232448), {CUDNN_DATA_BFLOAT16, CUDNN_DATA_HALF});
}

CASE(a_plan_for_every_graph_on_sm_120) {
    expect_plans(device(1200, 188, 101376), {CUDNN_DATA_BFLOAT16});
}

// Graphs are judged: one whose values have another number of keys is refused.
CASE(a_wrong_graph_is_refused) {
    Made made(CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR);
    OK(made.link(CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, tensor(q_id, CUDNN_DATA_HALF, {2, 4, 64, 64})));
    OK(made.link(CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC, tensor(k_id, CUDNN_DATA_HALF, {2, 4, 48, 64})));
    OK(made.link(CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC, tensor(v_id, CUDNN_DATA_HALF, {2, 4, 40, 64})));
    OK(made.link(CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC, tensor(y_id, CUDNN_DATA_HALF, {2, 4, 64, 64})));
    EXPECT_EQUAL(made.finalize(), CUDNN_STATUS_BAD_PARAM);
    EXPECT_CONTAINS(last_error(), "s_kv dimensions must match");
}

}  // namespace
