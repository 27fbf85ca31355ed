// The backward passes of multi-head attention: gradients of the data, then gradients of the weights.
#include "space.hpp"
#include "weights.hpp"

#include <cstring>

namespace standin::dnn {
namespace {

struct Backward {
    Batch batch;
    const void *output_gradient, *queries, *keys, *values, *weights;
    void *work, *reserve;

    // Calls back with the gradients of one batch entry and beam after the other.
    template <class F>
    void each(Dropped dropped, F use) const {
        std::memset(work, 0xFF, work_bytes(batch.attention));
        Parameters parameters = read_weights(batch.attention, weights);
        for (size_t n = 0; n < batch.batches(); n++) {
            for (size_t beam = 0; beam < batch.beams(); beam++) {
                auto what = attended(batch, n, beam, -1, dropped, queries, keys, values);
                auto trace = attend(batch.heads(), parameters, what);
                auto gradient = gather(batch.output, output_gradient, n, beam);
                use(n, beam, differentiate(batch.heads(), parameters, what, trace, gradient));
            }
        }
    }

    std::vector<Region> regions() const {
        auto bytes = weight_bytes(batch.attention);
        std::vector<Region> all{region(batch.output, output_gradient, "dout"), region(batch.queries, queries, "queries"),
            region(batch.keys, keys, "keys"), region(batch.values, values, "values"),
            {work, work_bytes(batch.attention), "workSpace"}, {reserve, reserve_bytes(batch.attention), "reserveSpace"}};
        if (bytes > 0) {
            all.push_back({weights, bytes, "weights"});
        }
        return all;
    }
};

void accumulate(std::vector<double> &to, const std::vector<double> &from) {
    to.resize(from.size());
    for (size_t i = 0; i < from.size(); i++) {
        to[i] += from[i];
    }
}

// Gradients of keys and values sum over the beams of queries that share them.
void data_gradients(const Backward &pass, Dropped dropped, void *dqueries, void *dkeys, void *dvalues) {
    const Batch &batch = pass.batch;
    poison(batch.queries, dqueries);
    poison(batch.keys, dkeys);
    poison(batch.values, dvalues);
    std::vector<double> keys, values;
    pass.each(dropped, [&](size_t n, size_t beam, const Gradients &gradients) {
        scatter(batch.queries, dqueries, n, beam, gradients.queries, 0);
        if (beam == 0 || batch.attention.one_to_one()) {
            keys.clear();
            values.clear();
        }
        accumulate(keys, gradients.keys);
        accumulate(values, gradients.values);
        scatter(batch.keys, dkeys, n, batch.key_beam(beam), keys, 0);
        scatter(batch.values, dvalues, n, batch.key_beam(beam), values, 0);
    });
}

cudnnStatus_t spaces(const char *function, const cudnnAttnStruct &attention, size_t weight_size, const void *weights,
    size_t work_size, const void *work, size_t reserve_size, const void *reserve) {
    if (weight_size < weight_bytes(attention) || (weights == nullptr && weight_bytes(attention) > 0)) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "weightSizeInBytes is too small or weights are null");
    }
    if (work_size < work_bytes(attention) || work == nullptr) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "workSpaceSizeInBytes is too small or workSpace is null");
    }
    if (reserve_size < reserve_bytes(attention) || reserve == nullptr) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "reserveSpaceSizeInBytes is too small or reserveSpace is null");
    }
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace
}  // namespace standin::dnn

using namespace standin::dnn;

// Residuals have no part in it: their gradient is `dout`, which the caller adds.
cudnnStatus_t cudnnMultiHeadAttnBackwardData(cudnnHandle_t handle, const cudnnAttnDescriptor_t attnDesc, const int loWinIdx[],
    const int hiWinIdx[], const int devSeqLengthsDQDO[], const int devSeqLengthsDKDV[], const cudnnSeqDataDescriptor_t doDesc,
    const void *dout, const cudnnSeqDataDescriptor_t dqDesc, void *dqueries, const void *queries,
    const cudnnSeqDataDescriptor_t dkDesc, void *dkeys, const void *keys, const cudnnSeqDataDescriptor_t dvDesc, void *dvalues,
    const void *values, size_t weightSizeInBytes, const void *weights, size_t workSpaceSizeInBytes, void *workSpace,
    size_t reserveSpaceSizeInBytes, void *reserveSpace) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr);
    const auto *q = sequences(__func__, dqDesc), *k = sequences(__func__, dkDesc), *v = sequences(__func__, dvDesc),
               *o = sequences(__func__, doDesc);
    DNN_BAD(q == nullptr || k == nullptr || v == nullptr || o == nullptr);
    DNN_BAD(queries == nullptr || keys == nullptr || values == nullptr || dout == nullptr);
    DNN_BAD(dqueries == nullptr || dkeys == nullptr || dvalues == nullptr);
    DNN_BAD(devSeqLengthsDQDO == nullptr || devSeqLengthsDKDV == nullptr);
    Backward pass{{*found, *q, *k, *v, *o, {}, {}}, dout, queries, keys, values, weights, workSpace, reserveSpace};
    DNN_TRY(fit(__func__, pass.batch));
    DNN_TRY(take_windows(__func__, pass.batch, loWinIdx, hiWinIdx));
    DNN_TRY(spaces(__func__, *found, weightSizeInBytes, weights, workSpaceSizeInBytes, workSpace, reserveSpaceSizeInBytes,
        reserveSpace));
    auto regions = pass.regions();
    regions.push_back(region(*q, dqueries, "dqueries"));
    regions.push_back(region(*k, dkeys, "dkeys"));
    regions.push_back(region(*v, dvalues, "dvalues"));
    regions.push_back(lengths_region(*q, devSeqLengthsDQDO, "devSeqLengthsDQDO"));
    regions.push_back(lengths_region(*k, devSeqLengthsDKDV, "devSeqLengthsDKDV"));
    auto work = [=, name = __func__] {
        Dropped dropped;
        if (resume_step(name, Stage::forward, pass.batch.attention, reserveSpace, dropped) &&
            same_windows(name, pass.batch, reserveSpace) && same_lengths(name, pass.batch.queries, devSeqLengthsDQDO) &&
            same_lengths(name, pass.batch.keys, devSeqLengthsDKDV)) {
            data_gradients(pass, dropped, dqueries, dkeys, dvalues);
            advance_step(reserveSpace);
        }
    };
    return queued(__func__, standin::enqueue(handle->stream, __func__, regions, work));
}

// The windows are those of the forward pass, out of the reserve space, which the gradients of the data must have passed.
cudnnStatus_t cudnnMultiHeadAttnBackwardWeights(cudnnHandle_t handle, const cudnnAttnDescriptor_t attnDesc,
    cudnnWgradMode_t addGrad, const cudnnSeqDataDescriptor_t qDesc, const void *queries, const cudnnSeqDataDescriptor_t kDesc,
    const void *keys, const cudnnSeqDataDescriptor_t vDesc, const void *values, const cudnnSeqDataDescriptor_t doDesc,
    const void *dout, size_t weightSizeInBytes, const void *weights, void *dweights, size_t workSpaceSizeInBytes,
    void *workSpace, size_t reserveSpaceSizeInBytes, void *reserveSpace) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr);
    DNN_BAD(addGrad != CUDNN_WGRAD_MODE_ADD && addGrad != CUDNN_WGRAD_MODE_SET);
    const auto *q = sequences(__func__, qDesc), *k = sequences(__func__, kDesc), *v = sequences(__func__, vDesc),
               *o = sequences(__func__, doDesc);
    DNN_BAD(q == nullptr || k == nullptr || v == nullptr || o == nullptr);
    DNN_BAD(queries == nullptr || keys == nullptr || values == nullptr || dout == nullptr);
    DNN_BAD(dweights == nullptr && weight_bytes(*found) > 0);
    Backward pass{{*found, *q, *k, *v, *o, {}, {}}, dout, queries, keys, values, weights, workSpace, reserveSpace};
    DNN_TRY(fit(__func__, pass.batch));
    DNN_TRY(spaces(__func__, *found, weightSizeInBytes, weights, workSpaceSizeInBytes, workSpace, reserveSpaceSizeInBytes,
        reserveSpace));
    auto regions = pass.regions();
    if (weight_bytes(*found) > 0) {
        regions.push_back({dweights, weight_bytes(*found), "dweights"});
    }
    auto work = [=, name = __func__]() mutable {
        Dropped dropped;
        if (resume_step(name, Stage::data, pass.batch.attention, reserveSpace, dropped)) {
            recall_windows(pass.batch, reserveSpace);
            Parameters total;
            pass.each(dropped, [&](size_t, size_t, const Gradients &gradients) { total.add(gradients.weights); });
            write_weights(pass.batch.attention, dweights, total, addGrad == CUDNN_WGRAD_MODE_ADD);
        }
    };
    return queued(__func__, standin::enqueue(handle->stream, __func__, regions, work));
}
