// cudnnRNNBackwardData_v8 and cudnnRNNBackwardWeights_v8. The first must run before the second, on the same reserve.
#include "call.hpp"

#include <algorithm>
#include <cstring>

namespace standin::dnn::rnn {
namespace {

struct DataMemory {
    const int32_t *lengths;
    const void *y;
    const void *dy;
    void *dx;
    const void *hx;
    const void *dhy;
    void *dhx;
    const void *cx;
    const void *dcy;
    void *dcx;
    const void *weights;
    size_t work_bytes;
    void *work;
    void *reserve;
};

struct WeightsMemory {
    const int32_t *lengths;
    const void *x;
    const void *hx;
    const void *y;
    void *gradients;
    size_t work_bytes;
    void *work;
    void *reserve;
};

// The caller's y takes the place of what the last layer left in the trace, as in cuDNN.
void take_output(const Call &call, const Trace &trace, const void *y) {
    auto values = read(call.y, y);
    std::copy(values.begin(), values.end(), trace.output(call.network.layers - 1, 0, 0));
}

void run_data(const Call &call, const DataMemory &memory) {
    compare_lengths(call, memory.lengths);
    std::memset(memory.work, 0xFF, memory.work_bytes);
    if (!expect(call, memory.reserve, Stage::forward)) {
        return;
    }
    Trace trace(call.network, call.batch, trace_in(memory.reserve));
    take_output(call, trace, memory.y);
    bool cell = call.has_cell();
    size_t width = call.network.output;
    size_t hidden = call.network.hidden;
    States initial{read_states(call, memory.hx, width), read_states(call, cell ? memory.cx : nullptr, hidden)};
    States last{read_states(call, memory.dhy, width), read_states(call, cell ? memory.dcy : nullptr, hidden)};
    std::vector<double> dx(call.batch.steps * call.batch.size * call.network.input);
    States first = backward_data(call.network, call.weights->read(memory.weights), call.batch, read(call.y, memory.dy).data(),
        initial, last, trace, dx.data());
    // Padding of dx is nowhere documented to be written: nobody may read it.
    write(call.x, memory.dx, dx, std::nullopt);
    write_states(call, memory.dhx, first.hidden);
    if (cell) {
        write_states(call, memory.dcx, first.cell);
    }
    mark(call, memory.reserve, Stage::data);
}

void run_weights(const Call &call, const WeightsMemory &memory) {
    compare_lengths(call, memory.lengths);
    std::memset(memory.work, 0xFF, memory.work_bytes);
    if (!expect(call, memory.reserve, Stage::data)) {
        return;
    }
    Trace trace(call.network, call.batch, trace_in(memory.reserve));
    take_output(call, trace, memory.y);
    States initial{read_states(call, memory.hx, call.network.output), {}};
    auto x = read(call.x, memory.x);
    call.weights->add(memory.gradients, backward_weights(call.network, call.batch, x.data(), initial, trace));
}

}  // namespace
}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnRNNBackwardData_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, const int32_t devSeqLengths[],
    cudnnRNNDataDescriptor_t yDesc, const void *y, const void *dy, cudnnRNNDataDescriptor_t xDesc, void *dx,
    cudnnTensorDescriptor_t hDesc, const void *hx, const void *dhy, void *dhx, cudnnTensorDescriptor_t cDesc, const void *cx,
    const void *dcy, void *dcx, size_t weightSpaceSize, const void *weightSpace, size_t workSpaceSize, void *workSpace,
    size_t reserveSpaceSize, void *reserveSpace) {
    DNN_ENTER();
    Call call;
    DNN_TRY(open(__func__, handle, rnnDesc, xDesc, yDesc, &call));
    DNN_BAD(y == nullptr || dy == nullptr || dx == nullptr);
    DNN_TRY(check_hidden(call, hDesc));
    DNN_TRY(check_cell(call, cDesc));
    DNN_TRY(check_spaces(call, true, weightSpaceSize, weightSpace, workSpaceSize, workSpace, reserveSpaceSize, reserveSpace));
    uses_lengths(call, devSeqLengths);
    call.uses(y, call.y.bytes(), "y");
    call.uses(dy, call.y.bytes(), "dy");
    call.uses(dx, call.x.bytes(), "dx");
    call.uses(hx, call.hidden_bytes(), "hx");
    call.uses(dhy, call.hidden_bytes(), "dhy");
    call.uses(dhx, call.hidden_bytes(), "dhx");
    if (call.has_cell()) {
        call.uses(cx, call.cell_bytes(), "cx");
        call.uses(dcy, call.cell_bytes(), "dcy");
        call.uses(dcx, call.cell_bytes(), "dcx");
    }
    DataMemory memory{devSeqLengths, y, dy, dx, hx, dhy, dhx, cx, dcy, dcx, weightSpace, workSpaceSize, workSpace, reserveSpace};
    return call.enqueue([call, memory] { run_data(call, memory); });
}

cudnnStatus_t cudnnRNNBackwardWeights_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, cudnnWgradMode_t addGrad,
    const int32_t devSeqLengths[], cudnnRNNDataDescriptor_t xDesc, const void *x, cudnnTensorDescriptor_t hDesc, const void *hx,
    cudnnRNNDataDescriptor_t yDesc, const void *y, size_t weightSpaceSize, void *dweightSpace, size_t workSpaceSize,
    void *workSpace, size_t reserveSpaceSize, void *reserveSpace) {
    DNN_ENTER();
    Call call;
    DNN_TRY(open(__func__, handle, rnnDesc, xDesc, yDesc, &call));
    DNN_BAD(addGrad != CUDNN_WGRAD_MODE_ADD && addGrad != CUDNN_WGRAD_MODE_SET);
    DNN_UNSUPPORTED(addGrad == CUDNN_WGRAD_MODE_SET);
    DNN_BAD(x == nullptr || y == nullptr);
    DNN_TRY(check_hidden(call, hDesc));
    DNN_TRY(check_spaces(call, true, weightSpaceSize, dweightSpace, workSpaceSize, workSpace, reserveSpaceSize, reserveSpace));
    uses_lengths(call, devSeqLengths);
    call.uses(x, call.x.bytes(), "x");
    call.uses(y, call.y.bytes(), "y");
    call.uses(hx, call.hidden_bytes(), "hx");
    WeightsMemory memory{devSeqLengths, x, hx, y, dweightSpace, workSpaceSize, workSpace, reserveSpace};
    return call.enqueue([call, memory] { run_weights(call, memory); });
}
