// Runs a plan on the pointers of a variant pack.
#include "attention.hpp"
#include "operation.hpp"

namespace standin::dnn::graph {
namespace {

// By-value tensors are read now, on the host; all others when the work runs.
struct Binding {
    Bound views;
    std::vector<Region> regions;
    std::vector<std::shared_ptr<std::vector<char>>> values;

    Refusal bind(const Tensor &tensor, void *pointer) {
        if (pointer == nullptr) {
            return {CUDNN_STATUS_BAD_PARAM_NULL_POINTER, tensor.name() + " has a null pointer"};
        }
        if (tensor.by_value) {
            auto begin = static_cast<const char *>(pointer);
            values.push_back(std::make_shared<std::vector<char>>(begin, begin + tensor.extent()));
            views[tensor.id] = {tensor, values.back()->data()};
            return {};
        }
        if (reinterpret_cast<uintptr_t>(pointer) % static_cast<uintptr_t>(tensor.alignment) != 0) {
            return {CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, tensor.name() + " is not aligned as it says"};
        }
        regions.push_back({pointer, tensor.extent(), "tensor of the variant pack"});
        views[tensor.id] = {tensor, pointer};
        return {};
    }

    std::optional<View> view(const std::optional<Tensor> &tensor) const {
        return tensor ? std::optional(views.at(tensor->id)) : std::nullopt;
    }
};

Refusal bind_all(const Operation &operation, const Descriptor &pack, Binding &binding) {
    auto ids = pack.all<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    auto pointers = pack.all<void *>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
    std::map<int64_t, void *> given;
    for (size_t i = 0; i < ids.size(); i++) {
        given[ids[i]] = pointers[i];
    }
    for (const Tensor &tensor : operation.tensors()) {
        if (given.count(tensor.id) == 0) {
            return {CUDNN_STATUS_BAD_PARAM, "the variant pack has no " + tensor.name()};
        }
        if (Refusal refusal = binding.bind(tensor, given[tensor.id])) {
            return refusal;
        }
    }
    for (int64_t id : ids) {
        if (binding.views.count(id) == 0) {
            return {CUDNN_STATUS_BAD_PARAM, "the plan has no tensor " + std::to_string(id) + " of the variant pack"};
        }
    }
    return {};
}

void run(const Operation &operation, const Binding &binding) {
    const Bound &views = binding.views;
    Scaled attention{views.at(operation.q.id), views.at(operation.k.id), views.at(operation.v.id), views.at(operation.o.id),
        binding.view(operation.stats), binding.view(operation.scale), binding.view(operation.query_lengths),
        binding.view(operation.key_lengths), operation.scores, views};
    if (operation.backward) {
        differentiate(attention, views.at(operation.output_gradient->id), views.at(operation.dq->id), views.at(operation.dk->id),
            views.at(operation.dv->id));
    } else {
        attend(attention);
    }
}

const Descriptor &operation_of(const Descriptor &plan) {
    const Descriptor *engine = plan.link(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->link(CUDNN_ATTR_ENGINECFG_ENGINE);
    return *engine->link(CUDNN_ATTR_ENGINE_OPERATION_GRAPH)->values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors[0];
}

}  // namespace
}  // namespace standin::dnn::graph

using namespace standin::dnn;
using namespace standin::dnn::graph;

// Whatever the workspace held is lost.
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t executionPlan,
    cudnnBackendDescriptor_t variantPack) {
    DNN_ENTER();
    DNN_REFUSE(!handle || !executionPlan || !variantPack, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    DNN_BAD(!standin::dnn::live(__func__, handle));
    auto plan = graph::live(__func__, executionPlan), pack = graph::live(__func__, variantPack);
    DNN_BAD(plan == nullptr || pack == nullptr);
    DNN_REFUSE(plan->kind != CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE);
    DNN_REFUSE(pack->kind != CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE);
    DNN_REFUSE(!plan->finalized || !pack->finalized, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
    auto operation = std::make_shared<const Operation>(operation_of(*plan));
    Binding binding;
    if (Refusal refusal = bind_all(*operation, *pack, binding)) {
        return fail(__func__, refusal.status, refusal.why);
    }
    auto bytes = static_cast<size_t>(plan->one<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 0));
    auto *workspace = pack->one<void *>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, nullptr);
    DNN_REFUSE(workspace == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    binding.regions.push_back({workspace, bytes, "workspace of the variant pack"});
    return queued(__func__, standin::enqueue(handle->stream, __func__, binding.regions, [operation, binding, workspace, bytes] {
        std::memset(workspace, 0xFF, bytes);
        run(*operation, binding);
    }));
}
