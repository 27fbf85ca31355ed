#include "operation.hpp"

namespace standin::dnn::graph {
namespace {

using Sizes = std::vector<int64_t>;

std::optional<Tensor> linked(const Descriptor &descriptor, int name) {
    const Descriptor *found = descriptor.link(name);
    return found == nullptr ? std::nullopt : std::optional(Tensor(*found));
}

Scores scores_of(const Descriptor &descriptor, int subgraph, int input, int output) {
    const Descriptor *found = descriptor.link(subgraph);
    return found == nullptr ? Scores()
                            : Scores(*found, descriptor.one<int64_t>(input, -1), descriptor.one<int64_t>(output, -1));
}

bool half(const Tensor &tensor) {
    return tensor.type == CUDNN_DATA_HALF || tensor.type == CUDNN_DATA_BFLOAT16;
}

bool bad_lengths(const Tensor &lengths, int64_t batches) {
    return lengths.sizes != Sizes{batches, 1, 1, 1} || (lengths.type != CUDNN_DATA_INT32 && lengths.type != CUDNN_DATA_INT64);
}

}  // namespace

bool is_attention(const Descriptor &operation) {
    return operation.kind == CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR ||
        operation.kind == CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR;
}

#define NAME(suffix) (backward ? CUDNN_ATTR_OPERATION_SDPA_BWD_##suffix : CUDNN_ATTR_OPERATION_SDPA_FWD_##suffix)

// The statistics are the operation's own or those of a softmax that describes its.
Operation::Operation(const Descriptor &descriptor)
    : backward(descriptor.kind == CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR), q(*descriptor.link(NAME(QDESC))),
      k(*descriptor.link(NAME(KDESC))), v(*descriptor.link(NAME(VDESC))), o(*descriptor.link(NAME(ODESC))),
      stats(linked(descriptor, NAME(STATSDESC))), scale(linked(descriptor, NAME(SCALEDESC))),
      query_lengths(linked(descriptor, NAME(SEQ_LEN_QDESC))), key_lengths(linked(descriptor, NAME(SEQ_LEN_KVDESC))),
      output_gradient(linked(descriptor, CUDNN_ATTR_OPERATION_SDPA_BWD_DODDESC)),
      dq(linked(descriptor, CUDNN_ATTR_OPERATION_SDPA_BWD_DQDESC)),
      dk(linked(descriptor, CUDNN_ATTR_OPERATION_SDPA_BWD_DKDESC)),
      dv(linked(descriptor, CUDNN_ATTR_OPERATION_SDPA_BWD_DVDESC)),
      scores(scores_of(descriptor, NAME(SUBGRAPH), NAME(SUBGRAPH_INPUT_UID), NAME(SUBGRAPH_OUTPUT_UID))) {
    if (const Descriptor *softmax = descriptor.link(CUDNN_ATTR_OPERATION_SDPA_FWD_SOFTMAX_DESC)) {
        stats = stats ? stats : linked(*softmax, CUDNN_ATTR_OPERATION_SOFTMAX_STATS_DESC);
    }
}

std::string Operation::flaw() const {
    for (const Tensor *tensor : {&q, &k, &v, &o}) {
        if (tensor->sizes.size() != 4) {
            return "Q, K, V, and O tensors must be 4-dimensional";
        }
    }
    int64_t batches = q.sizes[0], heads = q.sizes[1], queries = q.sizes[2], keys = k.sizes[2];
    if (k.sizes[0] != batches || v.sizes[0] != batches || k.sizes[3] != q.sizes[3] || v.sizes[2] != keys) {
        return "K must be (batches, heads, keys, q's vector size), V (batches, heads, keys, vector size)";
    }
    if (heads % k.sizes[1] != 0 || heads % v.sizes[1] != 0) {
        return "the heads of Q are no multiple of those of K and V";
    }
    if (o.sizes != Sizes{batches, heads, queries, v.sizes[3]}) {
        return "O must be (batches, heads, queries, v's vector size)";
    }
    if (stats && stats->sizes != Sizes{batches, heads, queries, 1}) {
        return "the statistics must be (batches, heads, queries, 1)";
    }
    if (scale && scale->sizes != Sizes{1, 1, 1, 1}) {
        return "the scale must be (1, 1, 1, 1)";
    }
    if (query_lengths.has_value() != key_lengths.has_value()) {
        return "sequence lengths must be given for both or none of queries and keys";
    }
    if (query_lengths && (bad_lengths(*query_lengths, batches) || bad_lengths(*key_lengths, batches))) {
        return "sequence lengths must be (batches, 1, 1, 1) of 32 or 64 bit integers";
    }
    if (backward && (dq->sizes != q.sizes || dk->sizes != k.sizes || dv->sizes != v.sizes || output_gradient->sizes != o.sizes)) {
        return "gradients must have the sizes of what they are gradients of";
    }
    return scores.flaw();
}

// As cuDNN 9.28 answers for compute capability 9.0: one type of 16 bits, vectors without gaps of a multiple of 8 elements.
std::string Operation::unsupported() const {
    if (!half(q)) {
        return "the stand-in's engine takes F16 and BF16";
    }
    for (const auto *tensor : {&k, &v, &o}) {
        if (tensor->type != q.type) {
            return "Q, K, V and O differ in type";
        }
    }
    if (stats && stats->type != CUDNN_DATA_FLOAT) {
        return "the statistics must be F32";
    }
    if (scale && scale->type != CUDNN_DATA_FLOAT) {
        return "the scale must be F32";
    }
    int64_t largest = backward ? 256 : 512;
    for (int64_t size : {q.sizes[3], v.sizes[3]}) {
        if (size % 8 != 0 || size > largest) {
            return "a vector size of " + std::to_string(size) + " is no multiple of 8 up to " + std::to_string(largest);
        }
    }
    for (const Tensor &tensor : tensors()) {
        if (tensor.is_virtual) {
            return tensor.name() + " is virtual";
        }
        if (half(tensor) && tensor.sizes.size() == 4 && tensor.sizes[3] > 1 && tensor.strides[3] != 1) {
            return tensor.name() + " has gaps between the elements of a vector";
        }
    }
    for (const auto *tensor : {&dq, &dk, &dv, &output_gradient}) {
        if (*tensor && (*tensor)->type != q.type) {
            return "gradients differ in type from Q";
        }
    }
    return "";
}

std::vector<Tensor> Operation::tensors() const {
    std::vector<Tensor> all{q, k, v, o};
    for (const auto *tensor : {&stats, &scale, &query_lengths, &key_lengths, &output_gradient, &dq, &dk, &dv}) {
        if (*tensor) {
            all.push_back(**tensor);
        }
    }
    auto external = scores.external();
    all.insert(all.end(), external.begin(), external.end());
    return all;
}

}  // namespace standin::dnn::graph
