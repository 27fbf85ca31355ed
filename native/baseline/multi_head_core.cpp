#include "attention.hpp"

#include <algorithm>
#include <cmath>

namespace baseline {

namespace {

/// By cuDNN's multi-head attention, which takes each head as a sequence of its own, without gaps: what lies otherwise is copied.
class MultiHeadCore : public Core {
public:
    MultiHeadCore(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands);
    ~MultiHeadCore() override;
    MultiHeadCore(const MultiHeadCore &) = delete;
    MultiHeadCore &operator=(const MultiHeadCore &) = delete;

    void forward(bool records) override;
    void backward() override;

private:
    void describe();
    float *gathered(const Heads &heads, const Floats &space);
    void deliver(const Heads &heads, const Floats &space);
    void copy(const Heads &heads, const Floats &space, bool in);
    static float *target(const Heads &heads, const Floats &space) { return heads.row == 0 ? heads.at : space.at(); }

    const Device &device_;
    Kernels &kernels_;
    AttentionSize size_;
    Operands on_;
    cudnnAttnDescriptor_t attention_ = nullptr;
    cudnnSeqDataDescriptor_t sequences_ = nullptr;
    std::vector<int> first_keys_, end_keys_;
    Block lengths_;
    size_t inference_bytes_ = 0, work_bytes_ = 0, reserve_bytes_ = 0;
    std::unique_ptr<Block> work_, reserve_;
    Floats spaces_[8];
};

MultiHeadCore::MultiHeadCore(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands)
    : device_(device), kernels_(kernels), size_(size), on_(operands), lengths_(sizeof(int) * static_cast<size_t>(size.sequences())),
      spaces_{Floats(size.elements()), Floats(size.elements()), Floats(size.elements()), Floats(size.elements()),
          Floats(size.elements()), Floats(size.elements()), Floats(size.elements()), Floats(size.elements())} {
    describe();
    size_t weight_bytes;
    CALL(cudnnGetMultiHeadAttnBuffers(device.dnn, attention_, &weight_bytes, &inference_bytes_, nullptr));
    CALL(cudnnGetMultiHeadAttnBuffers(device.dnn, attention_, &weight_bytes, &work_bytes_, &reserve_bytes_));
    work_ = std::make_unique<Block>(std::max(inference_bytes_, work_bytes_));
    reserve_ = std::make_unique<Block>(reserve_bytes_);
}

MultiHeadCore::~MultiHeadCore() {
    CALL(cudnnDestroySeqDataDescriptor(sequences_));
    CALL(cudnnDestroyAttnDescriptor(attention_));
}

/// One head, no projections, every head of every sequence a sequence of its own.
void MultiHeadCore::describe() {
    int steps = size_.steps, each = size_.each(), count = size_.sequences();
    CALL(cudnnCreateAttnDescriptor(&attention_));
    CALL(cudnnSetAttnDescriptor(attention_, CUDNN_ATTN_QUERYMAP_ALL_TO_ONE | CUDNN_ATTN_DISABLE_PROJ_BIASES, 1,
        1 / std::sqrt(static_cast<double>(each)), CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, device_.math_type(), nullptr, nullptr, each,
        each, each, 0, 0, 0, 0, steps, steps, count, 1));
    std::vector<int> lengths(static_cast<size_t>(count), steps);
    CALL(cudaMemcpy(lengths_.pointer(), lengths.data(), lengths_.bytes(), cudaMemcpyHostToDevice));
    int sizes[CUDNN_SEQDATA_DIM_COUNT];
    sizes[CUDNN_SEQDATA_BATCH_DIM] = count;
    sizes[CUDNN_SEQDATA_BEAM_DIM] = 1;
    sizes[CUDNN_SEQDATA_TIME_DIM] = steps;
    sizes[CUDNN_SEQDATA_VECT_DIM] = each;
    cudnnSeqDataAxis_t order[] = {
        CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_BEAM_DIM, CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_VECT_DIM};
    CALL(cudnnCreateSeqDataDescriptor(&sequences_));
    CALL(cudnnSetSeqDataDescriptor(sequences_, CUDNN_DATA_FLOAT, CUDNN_SEQDATA_DIM_COUNT, sizes, order, lengths.size(),
        lengths.data(), nullptr));
    for (int query = 0; query < steps; query++) {
        first_keys_.push_back(0);
        end_keys_.push_back(size_.causal ? query + 1 : steps);
    }
}

/// Between [batch, heads, steps, each] without gaps and heads inside the steps.
void MultiHeadCore::copy(const Heads &heads, const Floats &space, bool in) {
    int outside = in ? 0 : 1, inside = 1 - outside;
    Walk walk;
    walk.count = static_cast<long long>(size_.elements());
    walk.axes = 4;
    const long long sizes[] = {size_.batch, size_.heads, size_.steps, size_.each()};
    const long long strides[] = {1LL * size_.steps * heads.row, size_.each(), heads.row, 1};
    long long dense_stride = walk.count;
    for (int axis = 0; axis < 4; axis++) {
        dense_stride /= sizes[axis];
        walk.size[axis] = sizes[axis];
        walk.stride[outside][axis] = strides[axis];
        walk.stride[inside][axis] = dense_stride;
    }
    Arguments arguments;
    arguments << walk << (in ? heads.at : space.at()) << (in ? space.at() : heads.at);
    kernels_.over_elements("copies", "copy4", arguments, walk.count);
}

float *MultiHeadCore::gathered(const Heads &heads, const Floats &space) {
    if (heads.row != 0) {
        copy(heads, space, true);
    }
    return target(heads, space);
}

void MultiHeadCore::deliver(const Heads &heads, const Floats &space) {
    if (heads.row != 0) {
        copy(heads, space, false);
    }
}

void MultiHeadCore::forward(bool records) {
    auto *lengths = static_cast<int *>(lengths_.pointer());
    float *q = gathered(on_.qkv[0], spaces_[0]), *k = gathered(on_.qkv[1], spaces_[1]), *v = gathered(on_.qkv[2], spaces_[2]);
    CALL(cudnnMultiHeadAttnForward(device_.dnn, attention_, -1, first_keys_.data(), end_keys_.data(), lengths, lengths, sequences_,
        q, nullptr, sequences_, k, sequences_, v, sequences_, target(on_.y, spaces_[3]), 0, nullptr,
        records ? work_bytes_ : inference_bytes_, work_->pointer(), records ? reserve_bytes_ : 0,
        records ? reserve_->pointer() : nullptr));
    deliver(on_.y, spaces_[3]);
}

void MultiHeadCore::backward() {
    auto *lengths = static_cast<int *>(lengths_.pointer());
    float *q = gathered(on_.qkv[0], spaces_[0]), *k = gathered(on_.qkv[1], spaces_[1]), *v = gathered(on_.qkv[2], spaces_[2]);
    float *dy = gathered(on_.dy, spaces_[4]);
    CALL(cudnnMultiHeadAttnBackwardData(device_.dnn, attention_, first_keys_.data(), end_keys_.data(), lengths, lengths, sequences_,
        dy, sequences_, target(on_.gradients[0], spaces_[5]), q, sequences_, target(on_.gradients[1], spaces_[6]), k, sequences_,
        target(on_.gradients[2], spaces_[7]), v, 0, nullptr, work_bytes_, work_->pointer(), reserve_bytes_, reserve_->pointer()));
    for (size_t i = 0; i < 3; i++) {
        deliver(on_.gradients[i], spaces_[5 + i]);
    }
}

}  // namespace

std::unique_ptr<Core> multi_head_core(
    const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands) {
    return std::make_unique<MultiHeadCore>(device, kernels, size, operands);
}

}  // namespace baseline
