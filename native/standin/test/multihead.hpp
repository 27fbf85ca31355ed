// One multi-head attention of the stand-in's cuDNN with small sizes, its data on the device, for tests.
#pragma once

#include "device.hpp"

#include <cudnn.h>
#include <memory>

namespace test {

using Values = std::vector<double>;

struct Sizes {
    int heads = 2, query = 3, key = 4, value = 5, compared = 2, summed = 3, output = 3;  // projections; 0: none
    bool biases = true;
    int batches = 2, beams = 1, queries = 3, keys = 4;
    bool one_to_one = false;
    double attention_dropout = 0, output_dropout = 0;

    int key_beams() const { return one_to_one ? beams : 1; }
    int sum() const { return summed > 0 ? summed : value; }
    int out() const { return output > 0 ? output : heads * sum(); }
};

/// A weight as its descriptor says.
struct Weight {
    int sizes[3] = {}, strides[3] = {};
    ptrdiff_t first = -1;  // element of the buffer; -1 where there is none

    int at(int h, int o, int i) const { return int(first) + h * strides[0] + o * strides[1] + i * strides[2]; }
};

class MultiHead {
public:
    explicit MultiHead(const Sizes &sizes);
    ~MultiHead();
    MultiHead(const MultiHead &) = delete;

    Sizes sizes;
    cudnnHandle_t handle = nullptr;
    cudnnAttnDescriptor_t attention = nullptr;
    cudnnSeqDataDescriptor_t q = nullptr, k = nullptr, v = nullptr, o = nullptr;
    cudnnDropoutDescriptor_t dropouts[2] = {};
    std::vector<int> query_lengths, key_lengths, low, high;
    size_t weight_bytes = 0, work_bytes = 0, reserve_bytes = 0;
    Values queries, keys, values, weights, residuals;
    std::unique_ptr<Array<char>> work, reserve, states[2];

    /// Element of a container; queries and output are [batch][time][beam], keys and values [time][batch][beam].
    size_t query_at(int n, int t, int beam, int size) const { return size_t(((n * sizes.queries + t) * sizes.beams + beam) * size); }
    size_t key_at(int n, int s, int beam, int size) const { return size_t(((s * sizes.batches + n) * sizes.key_beams() + beam) * size); }
    Weight weight(cudnnMultiHeadAttnWeightKind_t kind) const;
    /// The output, after dropout started anew with the same seed where there is any.
    Values forward(bool training = true, int only = -1);
    struct Gradients {
        Values queries, keys, values, weights;
    };
    Gradients backward(const Values &output, const Values &weights_before, cudnnWgradMode_t mode);
};

inline cudnnSeqDataDescriptor_t sequences(const int (&sizes)[4], std::vector<cudnnSeqDataAxis_t> axes, const std::vector<int> &lengths) {
    cudnnSeqDataDescriptor_t made;
    EXPECT_EQUAL(cudnnCreateSeqDataDescriptor(&made), CUDNN_STATUS_SUCCESS);
    axes.push_back(CUDNN_SEQDATA_VECT_DIM);
    EXPECT_EQUAL(cudnnSetSeqDataDescriptor(made, CUDNN_DATA_DOUBLE, 4, sizes, axes.data(), lengths.size(), lengths.data(), nullptr),
        CUDNN_STATUS_SUCCESS);
    return made;
}

inline MultiHead::MultiHead(const Sizes &given) : sizes(given) {
    EXPECT_EQUAL(cudnnCreate(&handle), CUDNN_STATUS_SUCCESS);
    const Sizes &s = sizes;
    for (int i = 0; i < s.batches * s.beams; i++) {
        query_lengths.push_back(s.queries - i % 2);
    }
    for (int i = 0; i < s.batches * s.key_beams(); i++) {
        key_lengths.push_back(s.keys - i % 3);
    }
    q = sequences({s.queries, s.batches, s.beams, s.query}, {CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_BEAM_DIM}, query_lengths);
    o = sequences({s.queries, s.batches, s.beams, s.out()}, {CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_BEAM_DIM}, query_lengths);
    k = sequences({s.keys, s.batches, s.key_beams(), s.key}, {CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_BEAM_DIM}, key_lengths);
    v = sequences({s.keys, s.batches, s.key_beams(), s.value}, {CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_BEAM_DIM}, key_lengths);
    for (int t = 0; t < s.queries; t++) {
        low.push_back(t == 2 ? 1 : 0);
        high.push_back(t + 2);
    }
    for (int i = 0; i < 2; i++) {
        cudnnCreateDropoutDescriptor(&dropouts[i]);
        size_t bytes;
        cudnnDropoutGetStatesSize(handle, &bytes);
        states[i] = std::make_unique<Array<char>>(std::vector<char>(bytes));
    }
    unsigned mode = unsigned(s.one_to_one ? CUDNN_ATTN_QUERYMAP_ONE_TO_ONE : 0) | (s.biases ? CUDNN_ATTN_ENABLE_PROJ_BIASES : 0);
    EXPECT_EQUAL(cudnnCreateAttnDescriptor(&attention), CUDNN_STATUS_SUCCESS);
    EXPECT_EQUAL(cudnnSetAttnDescriptor(attention, mode, s.heads, 0.7, CUDNN_DATA_DOUBLE, CUDNN_DATA_DOUBLE, CUDNN_DEFAULT_MATH,
                     dropouts[0], dropouts[1], s.query, s.key, s.value, s.compared, s.compared, s.summed, s.output, s.queries + 1,
                     s.keys + 2, s.batches, s.beams),
        CUDNN_STATUS_SUCCESS);
    EXPECT_EQUAL(cudnnGetMultiHeadAttnBuffers(handle, attention, &weight_bytes, &work_bytes, &reserve_bytes), CUDNN_STATUS_SUCCESS);
    work = std::make_unique<Array<char>>(std::vector<char>(work_bytes));
    reserve = std::make_unique<Array<char>>(std::vector<char>(reserve_bytes));
    queries = ramp<double>(size_t(s.batches * s.beams * s.queries * s.query), 0.61);
    keys = ramp<double>(size_t(s.batches * s.key_beams() * s.keys * s.key), 0.37);
    values = ramp<double>(size_t(s.batches * s.key_beams() * s.keys * s.value), 0.53);
    weights = ramp<double>(weight_bytes / sizeof(double), 0.29);
}

inline MultiHead::~MultiHead() {
    for (auto one : {q, k, v, o}) {
        cudnnDestroySeqDataDescriptor(one);
    }
    cudnnDestroyDropoutDescriptor(dropouts[0]);
    cudnnDestroyDropoutDescriptor(dropouts[1]);
    cudnnDestroyAttnDescriptor(attention);
    cudnnDestroy(handle);
}

inline Weight MultiHead::weight(cudnnMultiHeadAttnWeightKind_t kind) const {
    cudnnTensorDescriptor_t descriptor;
    cudnnCreateTensorDescriptor(&descriptor);
    Values buffer(weight_bytes / sizeof(double) + 1);
    void *address = nullptr;
    EXPECT_EQUAL(cudnnGetMultiHeadAttnWeights(handle, attention, kind, weight_bytes, buffer.data(), descriptor, &address),
        CUDNN_STATUS_SUCCESS);
    Weight found;
    if (address != nullptr) {
        cudnnDataType_t type;
        int count;
        EXPECT_EQUAL(cudnnGetTensorNdDescriptor(descriptor, 3, &type, &count, found.sizes, found.strides), CUDNN_STATUS_SUCCESS);
        EXPECT_EQUAL(count, 3);
        found.first = static_cast<double *>(address) - buffer.data();
    }
    cudnnDestroyTensorDescriptor(descriptor);
    return found;
}

inline Values MultiHead::forward(bool training, int only) {
    float rates[] = {float(sizes.attention_dropout), float(sizes.output_dropout)};
    for (int i = 0; i < 2; i++) {
        size_t bytes = 0;
        cudnnDropoutGetStatesSize(handle, &bytes);
        EXPECT_EQUAL(cudnnSetDropoutDescriptor(dropouts[i], handle, rates[i], states[i]->begin(), bytes, 11), CUDNN_STATUS_SUCCESS);
    }
    // A container of its own value, so that what is not written shows.
    Array<double> q_(queries), k_(keys), v_(values), w_(weights), r_(residuals.empty() ? Values(1) : residuals);
    Array<double> out(Values(size_t(sizes.batches * sizes.beams * sizes.queries * sizes.out()), 99));
    Array<int> lq(query_lengths), lk(key_lengths);
    EXPECT_EQUAL(cudnnMultiHeadAttnForward(handle, attention, only, low.data(), high.data(), lq.begin(), lk.begin(), q, q_.begin(),
                     residuals.empty() ? nullptr : r_.begin(), k, k_.begin(), v, v_.begin(), o, out.begin(), weight_bytes,
                     weight_bytes == 0 ? nullptr : w_.begin(), work_bytes, work->begin(), training ? reserve_bytes : 0,
                     training ? reserve->begin() : nullptr),
        CUDNN_STATUS_SUCCESS);
    return out.values();
}

inline MultiHead::Gradients MultiHead::backward(const Values &output, const Values &weights_before, cudnnWgradMode_t mode) {
    Array<double> q_(queries), k_(keys), v_(values), w_(weights), dout(output), dw(weights_before);
    Array<double> dq(queries), dk(keys), dv(values);
    Array<int> lq(query_lengths), lk(key_lengths);
    EXPECT_EQUAL(cudnnMultiHeadAttnBackwardData(handle, attention, low.data(), high.data(), lq.begin(), lk.begin(), o, dout.begin(),
                     q, dq.begin(), q_.begin(), k, dk.begin(), k_.begin(), v, dv.begin(), v_.begin(), weight_bytes, w_.begin(),
                     work_bytes, work->begin(), reserve_bytes, reserve->begin()),
        CUDNN_STATUS_SUCCESS);
    EXPECT_EQUAL(cudnnMultiHeadAttnBackwardWeights(handle, attention, mode, q, q_.begin(), k, k_.begin(), v, v_.begin(), o,
                     dout.begin(), weight_bytes, w_.begin(), dw.begin(), work_bytes, work->begin(), reserve_bytes, reserve->begin()),
        CUDNN_STATUS_SUCCESS);
    return {dq.values(), dk.values(), dv.values(), dw.values()};
}

}  // namespace test
