// cudnnRNNForward.
#include "call.hpp"

#include <cstring>

namespace standin::dnn::rnn {
namespace {

struct ForwardMemory {
    const int32_t *lengths;
    const void *x;
    void *y;
    const void *hx;
    void *hy;
    const void *cx;
    void *cy;
    const void *weights;
    size_t work_bytes;
    void *work;
    void *reserve;  // null in inference
    void *dropout_states;  // null where nothing is dropped
};

void run(const Call &call, const ForwardMemory &memory) {
    compare_lengths(call, memory.lengths);
    std::memset(memory.work, 0xFF, memory.work_bytes);
    std::vector<double> own;
    if (memory.reserve == nullptr) {
        own.resize(Trace::size(call.network, call.batch));
    }
    Trace trace(call.network, call.batch, memory.reserve == nullptr ? own.data() : trace_in(memory.reserve));
    uint64_t key = memory.dropout_states == nullptr ? 0 : next_key(memory.dropout_states);
    States initial{read_states(call, memory.hx, call.network.output),
        call.has_cell() ? read_states(call, memory.cx, call.network.hidden) : std::vector<double>()};
    auto x = read(call.x, memory.x);
    States final = forward(call.network, call.weights->read(memory.weights), call.batch, x.data(), initial, key, trace);
    const double *y = trace.output(call.network.layers - 1, 0, 0);
    write(call.y, memory.y, {y, y + call.batch.steps * call.batch.size * call.network.width()}, call.y.fill);
    write_states(call, memory.hy, final.hidden);
    if (call.has_cell()) {
        write_states(call, memory.cy, final.cell);
    }
    if (memory.reserve != nullptr) {
        mark(call, memory.reserve, Stage::forward);
    }
}

// Dropout works between layers and in training only.
cudnnStatus_t add_dropout(Call &call, ForwardMemory &memory) {
    auto dropout = call.descriptor.dropout;
    if (dropout == nullptr || call.network.layers < 2) {
        return CUDNN_STATUS_SUCCESS;
    }
    DNN_BAD_IN(call.function, dropouts().find(call.function, dropout) == nullptr);
    if (dropout->rate > 0) {
        DNN_BAD_IN(call.function, call.descriptor.dropout->states == nullptr);
        call.network.dropout = dropout->rate;
        memory.dropout_states = dropout->states;
        call.regions.push_back(states_of(*dropout));
    }
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace
}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnRNNForward(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, cudnnForwardMode_t fwdMode,
    const int32_t devSeqLengths[], cudnnRNNDataDescriptor_t xDesc, const void *x, cudnnRNNDataDescriptor_t yDesc, void *y,
    cudnnTensorDescriptor_t hDesc, const void *hx, void *hy, cudnnTensorDescriptor_t cDesc, const void *cx, void *cy,
    size_t weightSpaceSize, const void *weightSpace, size_t workSpaceSize, void *workSpace, size_t reserveSpaceSize,
    void *reserveSpace) {
    DNN_ENTER();
    Call call;
    DNN_TRY(open(__func__, handle, rnnDesc, xDesc, yDesc, &call));
    DNN_BAD(fwdMode != CUDNN_FWD_MODE_INFERENCE && fwdMode != CUDNN_FWD_MODE_TRAINING);
    DNN_BAD(x == nullptr || y == nullptr);
    DNN_TRY(check_hidden(call, hDesc));
    DNN_TRY(check_cell(call, cDesc));
    bool training = fwdMode == CUDNN_FWD_MODE_TRAINING;
    DNN_TRY(check_spaces(call, training, weightSpaceSize, weightSpace, workSpaceSize, workSpace, reserveSpaceSize, reserveSpace));
    ForwardMemory memory{devSeqLengths, x, y, hx, hy, cx, cy, weightSpace, workSpaceSize, workSpace,
        training ? reserveSpace : nullptr, nullptr};
    if (training) {
        DNN_TRY(add_dropout(call, memory));
    }
    uses_lengths(call, devSeqLengths);
    call.uses(x, call.x.bytes(), "x");
    call.uses(y, call.y.bytes(), "y");
    call.uses(hx, call.hidden_bytes(), "hx");
    call.uses(hy, call.hidden_bytes(), "hy");
    if (call.has_cell()) {
        call.uses(cx, call.cell_bytes(), "cx");
        call.uses(cy, call.cell_bytes(), "cy");
    }
    return call.enqueue([call, memory] { run(call, memory); });
}
