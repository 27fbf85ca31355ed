#include "call.hpp"

#include <cstring>

namespace standin::dnn::rnn {
namespace {

// Begins a reserve; the trace follows.
struct Mark {
    uint64_t word;
    uint64_t signature;
    Stage stage;
};

constexpr uint64_t mark_word = 0x52657365727665ULL;
constexpr size_t mark_bytes = 128;

// Differs, with all likelihood, for calls between which a reserve cannot be shared (FNV-1a over what the trace depends on).
uint64_t signature(const Call &call) {
    uint64_t hash = 0xCBF29CE484222325ULL;
    auto add = [&hash](uint64_t value) { hash = (hash ^ value) * 0x100000001B3ULL; };
    const cudnnRNNStruct &d = call.descriptor;
    for (int value : {int(d.mode), int(d.bias), int(d.direction), int(d.input_mode), int(d.type), d.input, d.hidden, d.projection,
             d.layers, int(d.algorithm), call.x.steps, call.x.batch, int(call.x.layout)}) {
        add(static_cast<uint64_t>(value));
    }
    for (int length : call.batch.lengths) {
        add(static_cast<uint64_t>(length));
    }
    return hash;
}

}  // namespace

void Call::uses(const void *pointer, size_t bytes, const char *name) {
    if (pointer == nullptr) {
        return;
    }
    if (reinterpret_cast<uintptr_t>(pointer) % bytes_of(descriptor.type) != 0) {
        violate(std::string(function) + ": " + name + " is not aligned as its elements are");
    }
    uses_bytes(pointer, bytes, name);
}

void Call::uses_bytes(const void *pointer, size_t bytes, const char *name) {
    regions.push_back({pointer, bytes, name});
}

cudnnStatus_t Call::enqueue(std::function<void()> work) {
    return queued(function, standin::enqueue(stream, function, regions, std::move(work)));
}

cudnnStatus_t open(const char *function, cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, cudnnRNNDataDescriptor_t xDesc,
    cudnnRNNDataDescriptor_t yDesc, Call *call) {
    DNN_BAD_IN(function, !live(function, handle) || descriptor(function, rnnDesc) == nullptr);
    DNN_BAD_IN(function, data(function, xDesc) == nullptr || data(function, yDesc) == nullptr);
    DNN_BAD_IN(function, rnnDesc->type != xDesc->type || rnnDesc->input != xDesc->width);
    DNN_BAD_IN(function, rnnDesc->type != yDesc->type || yDesc->width != rnnDesc->directions() * rnnDesc->projection);
    DNN_BAD_IN(function, xDesc->layout != yDesc->layout || xDesc->steps != yDesc->steps || xDesc->batch != yDesc->batch);
    DNN_BAD_IN(function, xDesc->lengths != yDesc->lengths);
    DNN_BAD_IN(function, rnnDesc->input_mode == CUDNN_SKIP_INPUT && rnnDesc->hidden != xDesc->width);
    bool padded_io = (rnnDesc->flags & CUDNN_RNN_PADDED_IO_ENABLED) != 0;
    DNN_BAD_IN(function, !padded_io && !xDesc->is_packed());
    DNN_TRY(check_algorithm(function, *rnnDesc, xDesc->batch, xDesc->variable()));
    *call = {function, handle->stream, *rnnDesc, *xDesc, *yDesc, network_of(*rnnDesc), batch_of(*xDesc),
        std::make_shared<const WeightSpace>(*rnnDesc), {}};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t check_hidden(const Call &call, cudnnTensorDescriptor_t hDesc) {
    const char *function = call.function;
    auto pseudo = static_cast<int>(call.network.pseudo_layers());
    const auto *h = tensor(function, hDesc);
    DNN_BAD_IN(function, h == nullptr || h->type != call.descriptor.type);
    DNN_BAD_IN(function, !packed(*h, {pseudo, call.x.batch, call.descriptor.projection}));
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t check_cell(const Call &call, cudnnTensorDescriptor_t cDesc) {
    if (!call.has_cell()) {
        return CUDNN_STATUS_SUCCESS;
    }
    const char *function = call.function;
    auto pseudo = static_cast<int>(call.network.pseudo_layers());
    const auto *c = tensor(function, cDesc);
    DNN_BAD_IN(function, c == nullptr || c->type != call.descriptor.type);
    DNN_BAD_IN(function, !packed(*c, {pseudo, call.x.batch, call.descriptor.hidden}));
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t check_spaces(Call &call, bool training, size_t weight_bytes, const void *weights, size_t work_bytes, void *work,
    size_t reserve_bytes_given, void *reserve) {
    const char *function = call.function;
    DNN_BAD_IN(function, weights == nullptr || weight_bytes < call.weights->bytes());
    size_t required = workspace_bytes(call.network, call.batch, call.descriptor.type, training);
    DNN_BAD_IN(function, work == nullptr || work_bytes < required);
    call.uses(weights, weight_bytes, "weightSpace");
    call.uses_bytes(work, work_bytes, "workSpace");
    if (training) {
        size_t required_reserve = reserve_bytes(call.network, call.batch);
        DNN_BAD_IN(function, reserve == nullptr || reserve_bytes_given < required_reserve);
        DNN_BAD_IN(function, reinterpret_cast<uintptr_t>(reserve) % sizeof(double) != 0);
        call.uses_bytes(reserve, reserve_bytes_given, "reserveSpace");
    }
    return CUDNN_STATUS_SUCCESS;
}

void uses_lengths(Call &call, const int32_t *lengths) {
    if (lengths != nullptr) {
        call.uses_bytes(lengths, call.batch.size * sizeof(int32_t), "devSeqLengths");
    }
}

void compare_lengths(const Call &call, const int32_t *lengths) {
    for (size_t n = 0; lengths != nullptr && n < call.batch.size; n++) {
        if (lengths[n] != call.batch.lengths[n]) {
            violate(std::string(call.function) + ": devSeqLengths differ from the lengths of the descriptors");
            return;
        }
    }
}

size_t workspace_bytes(const Network &network, const Batch &batch, cudnnDataType_t type, bool training) {
    size_t rows = batch.steps * batch.size * network.directions;
    return 1024 + rows * network.gates() * network.hidden * bytes_of(type) * (training ? 2 : 1);
}

size_t reserve_bytes(const Network &network, const Batch &batch) {
    return mark_bytes + Trace::size(network, batch) * sizeof(double);
}

void mark(const Call &call, void *reserve, Stage stage) {
    Mark begin{mark_word, signature(call), stage};
    std::memcpy(reserve, &begin, sizeof begin);
}

bool expect(const Call &call, const void *reserve, Stage stage) {
    Mark begin;
    std::memcpy(&begin, reserve, sizeof begin);
    std::string function = call.function;
    if (begin.word != mark_word) {
        violate(function + ": the reserve does not come from cudnnRNNForward in training mode");
    } else if (begin.signature != signature(call)) {
        violate(function + ": the reserve belongs to another network or batch");
    } else if (begin.stage < stage) {
        violate(function + ": cudnnRNNBackwardData_v8 has not run on this reserve");
    } else {
        return true;
    }
    return false;
}

double *trace_in(void *reserve) {
    return reinterpret_cast<double *>(static_cast<char *>(reserve) + mark_bytes);
}

std::vector<double> read_states(const Call &call, const void *memory, size_t width) {
    if (memory == nullptr) {
        return {};
    }
    std::vector<double> values(call.network.pseudo_layers() * call.batch.size * width);
    for (size_t i = 0; i < values.size(); i++) {
        values[i] = load(element(call.descriptor.type), memory, i);
    }
    return values;
}

void write_states(const Call &call, void *memory, const std::vector<double> &values) {
    for (size_t i = 0; memory != nullptr && i < values.size(); i++) {
        store(element(call.descriptor.type), memory, i, values[i]);
    }
}

}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, cudnnForwardMode_t fwdMode,
    cudnnRNNDataDescriptor_t xDesc, size_t *workSpaceSize, size_t *reserveSpaceSize) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || descriptor(__func__, rnnDesc) == nullptr || data(__func__, xDesc) == nullptr);
    DNN_BAD(fwdMode != CUDNN_FWD_MODE_INFERENCE && fwdMode != CUDNN_FWD_MODE_TRAINING);
    DNN_BAD(rnnDesc->type != xDesc->type || rnnDesc->input != xDesc->width);
    bool training = fwdMode == CUDNN_FWD_MODE_TRAINING;
    Network network = network_of(*rnnDesc);
    Batch batch = batch_of(*xDesc);
    if (workSpaceSize != nullptr) {
        *workSpaceSize = workspace_bytes(network, batch, rnnDesc->type, training);
    }
    if (reserveSpaceSize != nullptr) {
        *reserveSpaceSize = training ? reserve_bytes(network, batch) : 0;
    }
    return CUDNN_STATUS_SUCCESS;
}
