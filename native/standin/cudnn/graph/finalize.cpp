// What is checked when descriptors are finalized.
#include "operation.hpp"

#include <set>

namespace standin::dnn::graph {
namespace {

constexpr int64_t engines = 1;

Refusal bad(const std::string &why) {
    return {CUDNN_STATUS_BAD_PARAM, why};
}

Refusal tensor(const Descriptor &descriptor) {
    Tensor found(descriptor);
    if (found.sizes.size() != found.strides.size()) {
        return bad("tensor dimension count does not match stride count");
    }
    int64_t elements = 1;
    for (size_t i = 0; i < found.sizes.size(); i++) {
        if (found.sizes[i] <= 0 || found.strides[i] < 0) {
            return bad("a dimension is not positive or a stride is negative");
        }
        elements *= found.sizes[i];
    }
    if (bytes_of(found.type) == 0) {
        return {CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "the stand-in does not compute with this data type"};
    }
    if (found.alignment <= 0 || found.alignment % static_cast<int64_t>(bytes_of(found.type)) != 0) {
        return bad("tensor pointer alignment must be positive and a multiple of the element size");
    }
    return found.by_value && (found.is_virtual || elements != 1) ? bad("a by-value tensor must be one element and not virtual")
                                                                 : Refusal{};
}

// A mode must be one that the stand-in has; an index needs its axis.
Refusal pointwise(const Descriptor &descriptor) {
    auto mode = descriptor.one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY);
    if (inputs_of(mode) == 0) {
        return {CUDNN_STATUS_NOT_SUPPORTED, "the stand-in has no pointwise mode " + std::to_string(mode)};
    }
    auto axis = descriptor.one<int64_t>(CUDNN_ATTR_POINTWISE_AXIS, -1);
    return mode == CUDNN_POINTWISE_GEN_INDEX && (axis < 0 || axis > 3) ? bad("CUDNN_ATTR_POINTWISE_AXIS is not 0 to 3") : Refusal{};
}

bool broadcasts(const Tensor &from, const Tensor &to) {
    for (size_t i = 0; i < from.sizes.size(); i++) {
        if (from.sizes[i] != 1 && from.sizes[i] != to.sizes[i]) {
            return false;
        }
    }
    return from.sizes.size() == 4 && to.sizes.size() == 4;
}

Refusal elementwise(const Descriptor &operation, int output) {
    Tensor y(*operation.link(output));
    for (const auto &[name, value] : operation.values) {
        bool input = !value.descriptors.empty() && value.descriptors[0]->kind == CUDNN_BACKEND_TENSOR_DESCRIPTOR;
        if (input && !broadcasts(Tensor(*value.descriptors[0]), y)) {
            return bad(Tensor(*value.descriptors[0]).name() + " does not broadcast to four dimensions of " + y.name());
        }
    }
    return {};
}

Refusal pointwise_operation(const Descriptor &operation) {
    auto mode = operation.link(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)
                    ->one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY);
    bool second = operation.has(CUDNN_ATTR_OPERATION_POINTWISE_BDESC), third = operation.has(CUDNN_ATTR_OPERATION_POINTWISE_TDESC);
    if (1 + second + third != inputs_of(mode) || (third && !second)) {
        return {CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "the inputs set are not those of the pointwise mode"};
    }
    return elementwise(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
}

Refusal band(const Descriptor &operation) {
    auto mode = operation.one(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE, CUDNN_POINTWISE_CMP_GE);
    if (mode < CUDNN_POINTWISE_CMP_EQ || mode > CUDNN_POINTWISE_CMP_LE) {
        return bad("CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE is no comparison");
    }
    if (operation.has(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_LEFT_BOUND_DESC) &&
        operation.has(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SHIFT_RIGHT_BOUND_DESC)) {
        return bad("a band mask has a left bound or a shifted right bound, not both");
    }
    return elementwise(operation, CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC);
}

// Two descriptors with one identifier must be of the same tensor.
Refusal graph(Descriptor &descriptor) {
    const auto &operations = descriptor.values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors;
    if (operations.size() > 1) {
        for (const auto &operation : operations) {
            if (is_attention(*operation)) {
                return {CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN, "attention must be the only operation of its graph"};
            }
        }
    }
    std::map<int64_t, Tensor> known;
    std::vector<Tensor> all = is_attention(*operations[0]) ? Operation(*operations[0]).tensors() : std::vector<Tensor>();
    for (const Tensor &one : all) {
        if (!(known.emplace(one.id, one).first->second == one)) {
            return {CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, one.name() + " is described twice and differently"};
        }
    }
    descriptor.put(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, std::vector<int64_t>{engines});
    return {};
}

Refusal engine(Descriptor &descriptor) {
    auto index = descriptor.one<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, -1);
    if (index < 0 || index >= engines) {
        return bad("CUDNN_ATTR_ENGINE_GLOBAL_INDEX is none of the graph's engines");
    }
    const Descriptor *graph = descriptor.link(CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
    const auto &operation = *graph->values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors[0];
    std::string why = is_attention(operation) ? Operation(operation).unsupported() : "there is no attention in the graph";
    if (!why.empty()) {
        return {CUDNN_STATUS_NOT_SUPPORTED, why};
    }
    descriptor.put(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, std::vector<int>{CUDNN_NUMERICAL_NOTE_TENSOR_CORE});
    descriptor.put(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, std::vector<int>{CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION});
    return {};
}

// Some bytes more for a backward pass, so that nobody can count on one size.
Refusal configuration(Descriptor &descriptor) {
    const Descriptor *graph = descriptor.link(CUDNN_ATTR_ENGINECFG_ENGINE)->link(CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
    Operation operation(*graph->values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors[0]);
    auto rows = operation.q.sizes[0] * operation.q.sizes[1] * operation.q.sizes[2];
    descriptor.put(CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, std::vector<int64_t>{operation.backward ? 512 + rows * 4 : 256});
    return {};
}

// Two candidates are counted, of which one is usable, or none: whoever trusts the count meets an empty descriptor, as with cuDNN.
Refusal heuristics(Descriptor &descriptor) {
    auto mode = descriptor.one<int>(CUDNN_ATTR_ENGINEHEUR_MODE, -1);
    if (mode < 0 || mode >= CUDNN_HEUR_MODES_COUNT) {
        return bad("no such mode of heuristics");
    }
    Value results{2, {}, {}};
    auto chosen = std::make_shared<Descriptor>(Descriptor{CUDNN_BACKEND_ENGINE_DESCRIPTOR, true, {}});
    chosen->values[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = descriptor.values[CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH];
    chosen->put(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, std::vector<int64_t>{0});
    if (!engine(*chosen)) {
        auto usable = std::make_shared<Descriptor>(Descriptor{CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, true, {}});
        usable->hold(CUDNN_ATTR_ENGINECFG_ENGINE, chosen);
        configuration(*usable);
        results.descriptors.push_back(usable);
    }
    descriptor.values[CUDNN_ATTR_ENGINEHEUR_RESULTS] = results;
    return {};
}

Refusal plan(Descriptor &descriptor) {
    auto bytes = descriptor.link(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->one<int64_t>(CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, 0);
    descriptor.put(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, std::vector<int64_t>{bytes});
    return {};
}

Refusal pack(const Descriptor &descriptor) {
    auto ids = descriptor.all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    if (ids.size() != descriptor.all<void *>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS).size()) {
        return bad("a variant pack has as many pointers as identifiers");
    }
    return std::set<int64_t>(ids.begin(), ids.end()).size() == ids.size()
        ? Refusal{}
        : Refusal{CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "a variant pack has an identifier twice"};
}

}  // namespace

Refusal finalize(Descriptor &descriptor) {
    switch (descriptor.kind) {
        case CUDNN_BACKEND_TENSOR_DESCRIPTOR: return tensor(descriptor);
        case CUDNN_BACKEND_POINTWISE_DESCRIPTOR: return pointwise(descriptor);
        case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR: return pointwise_operation(descriptor);
        case CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR: return band(descriptor);
        case CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR:
        case CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR: {
            auto flaw = Operation(descriptor).flaw();
            return flaw.empty() ? Refusal{} : bad(flaw);
        }
        case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR: return graph(descriptor);
        case CUDNN_BACKEND_ENGINE_DESCRIPTOR: return engine(descriptor);
        case CUDNN_BACKEND_ENGINECFG_DESCRIPTOR: return configuration(descriptor);
        case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR: return heuristics(descriptor);
        case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: return plan(descriptor);
        case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR: return pack(descriptor);
        default: return {};
    }
}

}  // namespace standin::dnn::graph
