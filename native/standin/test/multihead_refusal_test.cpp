// What multi-head attention refuses, and what it calls a breach.
#include "multihead.hpp"
#include "refusal.hpp"

#include <climits>

using namespace test;

namespace {

// The arguments of cudnnSetAttnDescriptor, valid to begin with.
struct Attributes {
    unsigned mode = CUDNN_ATTN_ENABLE_PROJ_BIASES;
    int heads = 2;
    double scale = 1;
    cudnnDataType_t type = CUDNN_DATA_FLOAT, precision = CUDNN_DATA_FLOAT;
    int math = CUDNN_DEFAULT_MATH;
    int query = 8, key = 8, value = 8, query_projection = 4, key_projection = 4, value_projection = 4, output_projection = 8;
    int queries = 4, keys = 4, batches = 2, beams = 1;

    cudnnStatus_t set() const {
        cudnnAttnDescriptor_t descriptor;
        EXPECT_EQUAL(cudnnCreateAttnDescriptor(&descriptor), CUDNN_STATUS_SUCCESS);
        auto status = cudnnSetAttnDescriptor(descriptor, mode, heads, scale, type, precision, cudnnMathType_t(math), nullptr, nullptr,
            query, key, value, query_projection, key_projection, value_projection, output_projection, queries, keys, batches, beams);
        EXPECT_EQUAL(cudnnDestroyAttnDescriptor(descriptor), CUDNN_STATUS_SUCCESS);
        return status;
    }
};

template <class T, class V>
Attributes with(T Attributes::*member, V value) {
    Attributes changed;
    changed.*member = T(value);
    return changed;
}

CASE(attention_descriptors_refuse_bad_sizes_and_types) {
    EXPECT_EQUAL(Attributes().set(), CUDNN_STATUS_SUCCESS);
    EXPECT_REFUSED(with(&Attributes::mode, 4).set(), BAD_PARAM, "attnMode");
    EXPECT_REFUSED(with(&Attributes::heads, 0).set(), BAD_PARAM, "nHeads");
    EXPECT_REFUSED(with(&Attributes::scale, -1).set(), BAD_PARAM, "smScaler");
    EXPECT_REFUSED(with(&Attributes::type, CUDNN_DATA_INT8).set(), BAD_PARAM, "dataType");
    EXPECT_REFUSED(with(&Attributes::math, 9).set(), BAD_PARAM, "mathType");
    for (auto size : {&Attributes::query, &Attributes::key, &Attributes::value}) {
        EXPECT_REFUSED(with(size, 0).set(), BAD_PARAM, "Size <= 0");
    }
    EXPECT_REFUSED(with(&Attributes::value_projection, -1).set(), BAD_PARAM, "vProjSize < 0");
    EXPECT_REFUSED(with(&Attributes::key_projection, 6).set(), BAD_PARAM, "qProjSize");
    EXPECT_REFUSED(with(&Attributes::queries, 0).set(), BAD_PARAM, "qoMaxSeqLength");
    EXPECT_REFUSED(with(&Attributes::keys, 0).set(), BAD_PARAM, "kvMaxSeqLength");
    EXPECT_REFUSED(with(&Attributes::batches, 0).set(), BAD_PARAM, "maxBatchSize");
    EXPECT_REFUSED(with(&Attributes::beams, 0).set(), BAD_PARAM, "maxBeamSize");
    EXPECT_REFUSED(with(&Attributes::precision, CUDNN_DATA_DOUBLE).set(), NOT_SUPPORTED, "summable");
}

CASE(attention_descriptors_give_back_what_was_set) {
    MultiHead one{Sizes{}};
    unsigned mode;
    int heads, numbers[11];
    double scale;
    cudnnDataType_t type, precision;
    cudnnMathType_t math;
    cudnnDropoutDescriptor_t first, second;
    EXPECT_EQUAL(cudnnGetAttnDescriptor(one.attention, &mode, &heads, &scale, &type, &precision, &math, &first, &second, numbers,
                     numbers + 1, numbers + 2, numbers + 3, numbers + 4, numbers + 5, numbers + 6, numbers + 7, numbers + 8,
                     numbers + 9, numbers + 10),
        CUDNN_STATUS_SUCCESS);
    const int expected[] = {3, 4, 5, 2, 2, 3, 3, 4, 6, 2, 1};
    EXPECT_TRUE(std::equal(expected, expected + 11, numbers));
    EXPECT_TRUE(mode == CUDNN_ATTN_ENABLE_PROJ_BIASES && heads == 2 && scale == 0.7 && type == CUDNN_DATA_DOUBLE);
    EXPECT_TRUE(first == one.dropouts[0] && second == one.dropouts[1]);
}

CASE(sequence_descriptors_refuse_bad_axes_and_lengths) {
    cudnnSeqDataDescriptor_t descriptor;
    EXPECT_EQUAL(cudnnCreateSeqDataDescriptor(&descriptor), CUDNN_STATUS_SUCCESS);
    using Axes = std::vector<cudnnSeqDataAxis_t>;
    const Axes axes{CUDNN_SEQDATA_TIME_DIM, CUDNN_SEQDATA_BATCH_DIM, CUDNN_SEQDATA_BEAM_DIM, CUDNN_SEQDATA_VECT_DIM};
    auto set = [&](std::vector<int> sizes, const Axes &order, std::vector<int> lengths, cudnnDataType_t type = CUDNN_DATA_FLOAT) {
        float fill = 7;
        return cudnnSetSeqDataDescriptor(descriptor, type, int(sizes.size()), sizes.data(), order.data(), lengths.size(),
            lengths.data(), &fill);
    };
    cudnnDataType_t type;
    EXPECT_REFUSED(cudnnGetSeqDataDescriptor(descriptor, &type, nullptr, 0, nullptr, nullptr, nullptr, 0, nullptr, nullptr),
        BAD_PARAM, "data == nullptr");
    EXPECT_REFUSED(set({5, 2, 1}, axes, {5, 3}), NOT_SUPPORTED, "nbDims");
    EXPECT_REFUSED(set({5, 0, 1, 8}, axes, {}), BAD_PARAM, "");
    EXPECT_REFUSED(set({5, 2, 1, 8}, {axes[0], axes[0], axes[2], axes[3]}, {5, 3}), BAD_PARAM, "permutation");
    EXPECT_REFUSED(set({5, 2, 1, 8}, {axes[0], axes[1], axes[3], axes[2]}, {5, 3}), BAD_PARAM, "VECT");
    EXPECT_REFUSED(set({5, 2, 1, 8}, axes, {5}), BAD_PARAM, "seqLengthArraySize");
    EXPECT_REFUSED(set({5, 2, 1, 8}, axes, {5, 0}), BAD_PARAM, "seqLengthArray[i]");
    EXPECT_REFUSED(set({5, 2, 1, 8}, axes, {6, 1}), BAD_PARAM, "seqLengthArray[i]");
    EXPECT_REFUSED(set({5, 2, 1, 8}, axes, {5, 3}, CUDNN_DATA_INT8), NOT_SUPPORTED, "computes");
    EXPECT_EQUAL(set({5, 2, 1, 8}, axes, {5, 3}), CUDNN_STATUS_SUCCESS);
    int count, sizes[4], lengths[2];
    cudnnSeqDataAxis_t order[4];
    size_t sequences;
    float fill;
    EXPECT_EQUAL(cudnnGetSeqDataDescriptor(descriptor, &type, &count, 4, sizes, order, &sequences, 2, lengths, &fill), CUDNN_STATUS_SUCCESS);
    EXPECT_TRUE(count == 4 && sizes[0] == 5 && sizes[3] == 8 && order[1] == axes[1] && sequences == 2 && lengths[1] == 3 && fill == 7);
    EXPECT_EQUAL(cudnnDestroySeqDataDescriptor(descriptor), CUDNN_STATUS_SUCCESS);
}

// A forward call with everything on the device, of which parts can be changed.
struct Call {
    MultiHead one{Sizes{}};
    Array<double> q{one.queries}, k{one.keys}, v{one.values}, weights{one.weights}, out{Values(size_t(2 * 3 * 3))};
    Array<int> query_lengths{one.query_lengths}, key_lengths{one.key_lengths};
    int only = -1;
    size_t weight_bytes = one.weight_bytes, work_bytes = one.work_bytes, reserve_bytes = one.reserve_bytes;
    const void *queries = q.begin(), *residuals = nullptr;
    const int *low = one.low.data(), *lengths = query_lengths.begin();
    void *reserve = one.reserve->begin();
    cudnnSeqDataDescriptor_t key = one.k, value = one.v;

    cudnnStatus_t forward() {
        for (auto dropout : one.dropouts) {
            cudnnSetDropoutDescriptor(dropout, one.handle, 0, nullptr, 0, 0);
        }
        return cudnnMultiHeadAttnForward(one.handle, one.attention, only, low, one.high.data(), lengths, key_lengths.begin(), one.q,
            queries, residuals, key, k.begin(), value, v.begin(), one.o, out.begin(), weight_bytes, weights.begin(), work_bytes,
            one.work->begin(), reserve_bytes, reserve);
    }
};

template <class T, class V>
cudnnStatus_t forward_with(Call &call, T Call::*member, V value) {
    T before = call.*member;
    call.*member = value;
    auto status = call.forward();
    call.*member = before;
    return status;
}

CASE(forward_refuses_what_does_not_fit) {
    Call call;
    EXPECT_EQUAL(call.forward(), CUDNN_STATUS_SUCCESS);
    EXPECT_REFUSED(forward_with(call, &Call::queries, nullptr), BAD_PARAM, "queries == nullptr");
    EXPECT_REFUSED(forward_with(call, &Call::low, nullptr), BAD_PARAM, "loWinIdx == nullptr");
    EXPECT_REFUSED(forward_with(call, &Call::lengths, nullptr), BAD_PARAM, "devSeqLengthsQO == nullptr");
    EXPECT_REFUSED(forward_with(call, &Call::only, 3), BAD_PARAM, "currIdx");
    EXPECT_REFUSED(forward_with(call, &Call::only, 1), BAD_PARAM, "training && currIdx");
    EXPECT_REFUSED(forward_with(call, &Call::weight_bytes, call.weight_bytes - 1), BAD_PARAM, "weightSizeInBytes");
    EXPECT_REFUSED(forward_with(call, &Call::work_bytes, call.work_bytes - 1), BAD_PARAM, "workSpaceSizeInBytes");
    EXPECT_REFUSED(forward_with(call, &Call::reserve_bytes, call.reserve_bytes - 1), BAD_PARAM, "reserveSpaceSizeInBytes");
    EXPECT_REFUSED(forward_with(call, &Call::reserve, nullptr), BAD_PARAM, "reserveSpace");
    EXPECT_REFUSED(forward_with(call, &Call::key, call.one.q), BAD_PARAM, "vector sizes");
    EXPECT_REFUSED(forward_with(call, &Call::key, nullptr), BAD_PARAM, "k == nullptr");
    std::vector<int> backwards(3, INT_MAX);
    EXPECT_REFUSED(forward_with(call, &Call::low, backwards.data()), BAD_PARAM, "attention window");
}

CASE(weights_are_refused_of_no_kind_and_too_small) {
    MultiHead one{Sizes{}};
    cudnnTensorDescriptor_t descriptor;
    cudnnCreateTensorDescriptor(&descriptor);
    void *address;
    char buffer[1];
    auto get = [&](int kind, size_t bytes) {
        return cudnnGetMultiHeadAttnWeights(one.handle, one.attention, cudnnMultiHeadAttnWeightKind_t(kind), bytes, buffer, descriptor, &address);
    };
    EXPECT_REFUSED(get(8, one.weight_bytes), BAD_PARAM, "wKind");
    EXPECT_REFUSED(get(CUDNN_MH_ATTN_Q_WEIGHTS, one.weight_bytes - 1), BAD_PARAM, "weightSizeInBytes");
    cudnnDestroyTensorDescriptor(descriptor);
}

CASE(lengths_that_differ_from_the_descriptor_are_a_breach) {
    Call call;
    Array<int> wrong(std::vector<int>{3, 1});
    EXPECT_EQUAL(forward_with(call, &Call::lengths, wrong.begin()), CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("sequence length 1 is 1 in device memory and 2 in the descriptor");
}

CASE(host_memory_and_short_memory_are_a_breach) {
    Call call;
    EXPECT_TRUE(forward_with(call, &Call::queries, call.one.queries.data()) != CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("queries");
    EXPECT_TRUE(forward_with(call, &Call::queries, call.q.begin() + 1) != CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("queries");
}

CASE(the_reserve_space_is_that_of_the_step) {
    Call call;
    EXPECT_EQUAL(call.forward(), CUDNN_STATUS_SUCCESS);
    auto weights = [&] {
        MultiHead &one = call.one;
        return cudnnMultiHeadAttnBackwardWeights(one.handle, one.attention, CUDNN_WGRAD_MODE_SET, one.q, call.q.begin(), one.k,
            call.k.begin(), one.v, call.v.begin(), one.o, call.out.begin(), one.weight_bytes, call.weights.begin(),
            call.weights.begin(), one.work_bytes, one.work->begin(), one.reserve_bytes, one.reserve->begin());
    };
    EXPECT_EQUAL(weights(), CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("does not come from cudnnMultiHeadAttnBackwardData");
    cudaMemset(call.reserve, 0, call.reserve_bytes);
    EXPECT_EQUAL(weights(), CUDNN_STATUS_SUCCESS);
    EXPECT_BROKEN("the reserve space");
}

CASE(a_planned_failure_ends_the_call) {
    Call call;
    gatun_standin_fail("cudnnMultiHeadAttnForward", 1, CUDNN_STATUS_EXECUTION_FAILED);
    EXPECT_REFUSED(call.forward(), EXECUTION_FAILED, "planned");
    EXPECT_EQUAL(call.forward(), CUDNN_STATUS_SUCCESS);
    gatun_standin_reset();
}

}  // namespace
