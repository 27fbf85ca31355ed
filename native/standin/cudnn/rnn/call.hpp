// What the calls that compute have in common: their checks, copies of their descriptors, and their temporary spaces.
#pragma once

#include "data.hpp"
#include "weights.hpp"

namespace standin::dnn::rnn {

/// Copies of all that a call's descriptors say, which queued work uses after the call has returned.
struct Call {
    const char *function;
    cudaStream_t stream;
    cudnnRNNStruct descriptor;
    cudnnRNNDataStruct x;
    cudnnRNNDataStruct y;
    Network network;
    Batch batch;
    std::shared_ptr<const WeightSpace> weights;
    std::vector<Region> regions;  // what the work reads and writes

    size_t hidden_bytes() const { return states() * network.output * bytes_of(descriptor.type); }
    size_t cell_bytes() const { return states() * network.hidden * bytes_of(descriptor.type); }
    bool has_cell() const { return network.mode == CUDNN_LSTM; }

    /// Adds memory that the work uses, which must be aligned as its elements are; nothing where the pointer is null.
    void uses(const void *pointer, size_t bytes, const char *name);
    /// Adds memory of a size that the caller states.
    void uses_bytes(const void *pointer, size_t bytes, const char *name);
    /// Queues the work.
    cudnnStatus_t enqueue(std::function<void()> work);

private:
    size_t states() const { return network.pseudo_layers() * batch.size; }
};

/// Checks the descriptors against one another.
cudnnStatus_t open(const char *function, cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, cudnnRNNDataDescriptor_t xDesc,
    cudnnRNNDataDescriptor_t yDesc, Call *call);

/// Checks the shape of the hidden states.
cudnnStatus_t check_hidden(const Call &call, cudnnTensorDescriptor_t hDesc);
/// Checks the shape of the cells, which an LSTM alone has.
cudnnStatus_t check_cell(const Call &call, cudnnTensorDescriptor_t cDesc);

/// Checks sizes and pointers of the weights and of the temporary spaces; the reserve is needed in training only.
cudnnStatus_t check_spaces(Call &call, bool training, size_t weight_bytes, const void *weights, size_t work_bytes, void *work,
    size_t reserve_bytes, void *reserve);

/// cuDNN takes lengths from the descriptors since 8.9.1 and ignores the array in device memory, which may be null; where it is
/// given, it must lie in live memory and, when the work runs, say the same as the descriptors.
void uses_lengths(Call &call, const int32_t *lengths);
void compare_lengths(const Call &call, const int32_t *lengths);

size_t workspace_bytes(const Network &network, const Batch &batch, cudnnDataType_t type, bool training);
size_t reserve_bytes(const Network &network, const Batch &batch);

/// How far the passes of one training step have come; stands at the beginning of the reserve.
enum class Stage : uint64_t { none, forward, data };

/// Marks the reserve, for this call's network and batch, and gives the trace that lies in it.
void mark(const Call &call, void *reserve, Stage stage);
/// Whether the reserve has come at least so far for the same network and batch; a breach is recorded where not.
bool expect(const Call &call, const void *reserve, Stage stage);
double *trace_in(void *reserve);

/// States of all pseudo-layers as doubles; empty, for zeros, where the pointer is null.
std::vector<double> read_states(const Call &call, const void *memory, size_t width);
void write_states(const Call &call, void *memory, const std::vector<double> &values);

}  // namespace standin::dnn::rnn
