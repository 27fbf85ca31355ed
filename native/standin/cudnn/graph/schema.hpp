// Which attributes the descriptors of each kind have.
#pragma once

#include "descriptor.hpp"

namespace standin::dnn::graph {

enum class Use { required, optional, given };  // `given`: by the library, once finalized

struct Attribute {
    int name;
    const char *text;
    cudnnBackendAttributeType_t type;
    int64_t most;  // elements; at least one
    Use use;
    int kind = -1;  // of the descriptors that it holds; -1: of any operation
};

/// The attributes of a kind; empty for kinds that the stand-in does not have.
const std::vector<Attribute> &schema(cudnnBackendDescriptorType_t kind);

/// Bytes of one element.
size_t element_bytes(cudnnBackendAttributeType_t type);

/// Whether a kind is that of an operation.
bool is_operation(cudnnBackendDescriptorType_t kind);

}  // namespace standin::dnn::graph
