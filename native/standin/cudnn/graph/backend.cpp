// The functions of the graph API that make, fill, read and finalize descriptors. Statuses were observed of cuDNN 9.28.
#include "schema.hpp"

#include <algorithm>

namespace standin::dnn::graph {
namespace {

Registry<Owner> &owners() {
    static auto &live = *new Registry<Owner>("cuDNN backend descriptor");
    return live;
}

const Attribute *find(const Descriptor &descriptor, int name) {
    for (const Attribute &attribute : schema(descriptor.kind)) {
        if (attribute.name == name) {
            return &attribute;
        }
    }
    return nullptr;
}

bool fits(const Attribute &attribute, const Descriptor &held) {
    return attribute.kind < 0 ? is_operation(held.kind) : held.kind == attribute.kind;
}

// Copies descriptors by the handles of an array; refuses null, foreign and unfinished ones.
cudnnStatus_t hold(const char *function, const Attribute &attribute, int64_t count, const void *elements, Value &value) {
    auto handles = static_cast<const cudnnBackendDescriptor_t *>(elements);
    for (int64_t i = 0; i < count; i++) {
        auto held = handles[i] == nullptr ? nullptr : live(function, handles[i]);
        if (held == nullptr) {
            return fail(function, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string(attribute.text) + ": null descriptor");
        }
        if (!fits(attribute, *held)) {
            return fail(function, CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE,
                std::string(attribute.text) + ": a descriptor of kind " + std::to_string(held->kind));
        }
        if (!held->finalized) {
            return fail(function, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, std::string(attribute.text) + ": not finalized");
        }
        value.descriptors.push_back(held);
    }
    return CUDNN_STATUS_SUCCESS;
}

// Puts descriptors into those that the caller has made for them.
cudnnStatus_t give(const char *function, const Attribute &attribute, const Value &value, int64_t count, void *elements) {
    auto handles = static_cast<cudnnBackendDescriptor_t *>(elements);
    for (int64_t i = 0; i < count; i++) {
        auto target = handles[i] == nullptr ? nullptr : live(function, handles[i]);
        if (target == nullptr || !fits(attribute, *target)) {
            return fail(function, CUDNN_STATUS_BAD_PARAM, std::string(attribute.text) + ": no descriptor of its kind to fill");
        }
        static_cast<Owner *>(handles[i])->descriptor = value.descriptors[static_cast<size_t>(i)];
    }
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace

std::shared_ptr<Descriptor> live(const char *function, cudnnBackendDescriptor_t descriptor) {
    auto *owner = owners().find(function, descriptor);
    return owner == nullptr ? nullptr : owner->descriptor;
}

}  // namespace standin::dnn::graph

using namespace standin::dnn;
using namespace standin::dnn::graph;
using standin::dnn::graph::live;

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t descriptorType, cudnnBackendDescriptor_t *descriptor) {
    DNN_ENTER();
    DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    DNN_UNSUPPORTED(schema(descriptorType).empty());
    auto *owner = owners().create();
    owner->descriptor = std::make_shared<Descriptor>(Descriptor{descriptorType, false, {}});
    *descriptor = owner;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
    if (descriptor == nullptr) {
        DNN_ENTER();
        DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    }
    return destroy(__func__, owners(), descriptor);
}

// Makes a descriptor as empty as a new one.
cudnnStatus_t cudnnBackendInitialize(cudnnBackendDescriptor_t descriptor) {
    DNN_ENTER();
    DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    auto found = live(__func__, descriptor);
    DNN_BAD(found == nullptr);
    static_cast<Owner *>(descriptor)->descriptor = std::make_shared<Descriptor>(Descriptor{found->kind, false, {}});
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t attributeName,
    cudnnBackendAttributeType_t attributeType, int64_t elementCount, const void *arrayOfElements) {
    DNN_ENTER();
    DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    auto found = live(__func__, descriptor);
    DNN_BAD(found == nullptr);
    DNN_BAD(found->finalized);
    const Attribute *attribute = find(*found, attributeName);
    DNN_BAD(attribute == nullptr || attribute->use == Use::given);
    DNN_REFUSE(attributeType != attribute->type, CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    DNN_BAD(elementCount < 1 || elementCount > attribute->most);
    DNN_BAD(arrayOfElements == nullptr);
    Value value{elementCount, {}, {}};
    if (attributeType == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
        DNN_TRY(hold(__func__, *attribute, elementCount, arrayOfElements, value));
    } else {
        auto begin = static_cast<const char *>(arrayOfElements);
        value.bytes.assign(begin, begin + static_cast<size_t>(elementCount) * element_bytes(attributeType));
    }
    if (attributeType == CUDNN_TYPE_HANDLE) {
        DNN_REFUSE(!standin::dnn::live(__func__, *static_cast<const cudnnHandle_t *>(arrayOfElements)),
            CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    }
    found->values[attributeName] = std::move(value);
    return CUDNN_STATUS_SUCCESS;
}

// With no elements requested the count is that of all there are, otherwise of those given.
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t attributeName,
    cudnnBackendAttributeType_t attributeType, int64_t requestedElementCount, int64_t *elementCount, void *arrayOfElements) {
    DNN_ENTER();
    DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    auto found = live(__func__, descriptor);
    DNN_BAD(found == nullptr);
    DNN_REFUSE(!found->finalized, CUDNN_STATUS_NOT_INITIALIZED);
    const Attribute *attribute = find(*found, attributeName);
    DNN_BAD(attribute == nullptr);
    DNN_REFUSE(attributeType != attribute->type, CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    DNN_BAD(requestedElementCount < 0 || (requestedElementCount > 0 && arrayOfElements == nullptr));
    const Value value = found->has(attributeName) ? found->values[attributeName] : Value{};
    bool held = attributeType == CUDNN_TYPE_BACKEND_DESCRIPTOR;
    int64_t given = std::min(requestedElementCount, held ? static_cast<int64_t>(value.descriptors.size()) : value.count);
    if (held) {
        DNN_TRY(give(__func__, *attribute, value, given, arrayOfElements));
    } else {
        std::copy_n(value.bytes.begin(), static_cast<size_t>(given) * element_bytes(attributeType),
            static_cast<char *>(arrayOfElements));
    }
    if (elementCount != nullptr) {
        *elementCount = requestedElementCount == 0 ? value.count : given;
    }
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
    DNN_ENTER();
    DNN_REFUSE(descriptor == nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    auto found = live(__func__, descriptor);
    DNN_BAD(found == nullptr);
    DNN_BAD(found->finalized);
    for (const Attribute &attribute : schema(found->kind)) {
        if (attribute.use == Use::required && !found->has(attribute.name)) {
            auto status = attribute.type == CUDNN_TYPE_BACKEND_DESCRIPTOR ? CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED
                                                                         : CUDNN_STATUS_BAD_PARAM;
            return fail(__func__, status, std::string(attribute.text) + " is not set");
        }
    }
    if (Refusal refusal = finalize(*found)) {
        return fail(__func__, refusal.status, refusal.why);
    }
    found->finalized = true;
    return CUDNN_STATUS_SUCCESS;
}
