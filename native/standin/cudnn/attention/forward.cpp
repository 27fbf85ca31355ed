// The forward pass of multi-head attention.
#include "space.hpp"
#include "weights.hpp"

#include <cstring>

namespace standin::dnn {
namespace {

// Dropout as its descriptor was when the call was made; nothing is dropped at rate 0.
struct Dropout {
    double rate = 0;
    void *states = nullptr;

    Dropping draw() const { return rate > 0 ? Dropping{next_key(states), rate} : Dropping{}; }
};

struct Forward {
    Batch batch;
    int only;  // time step, or negative for all
    bool training;
    Dropout attention_dropout, output_dropout;
    const void *query_lengths, *key_lengths, *queries, *residuals, *keys, *values, *weights;
    void *output, *work, *reserve;

    // The residuals are added to what dropout has left of the output.
    void write(size_t n, size_t beam, const Trace &trace) const {
        auto output_vectors = trace.output;
        size_t first = only < 0 ? 0 : static_cast<size_t>(only);
        if (residuals != nullptr) {
            auto added = gather(batch.queries, residuals, n, beam);
            for (size_t i = 0; i < output_vectors.size(); i++) {
                output_vectors[i] += added[first * batch.heads().output + i];
            }
        }
        scatter(batch.output, output, n, beam, output_vectors, first);
    }

    void run(const char *function) const {
        if (!same_lengths(function, batch.queries, query_lengths) || !same_lengths(function, batch.keys, key_lengths)) {
            return;
        }
        std::memset(work, 0xFF, work_bytes(batch.attention));
        Dropped drawn{attention_dropout.draw(), output_dropout.draw()};
        if (training) {
            begin_step(batch, drawn, reserve);
        }
        if (only < 0) {
            poison(batch.output, output);
        }
        Parameters parameters = read_weights(batch.attention, weights);
        for (size_t n = 0; n < batch.batches(); n++) {
            for (size_t beam = 0; beam < batch.beams(); beam++) {
                if (only < batch.queries.lengths[n * batch.beams() + beam]) {
                    auto what = attended(batch, n, beam, only, drawn, queries, keys, values);
                    write(n, beam, attend(batch.heads(), parameters, what));
                }
            }
        }
    }
};

// A dropout that a training step uses; the region of its states joins the others.
cudnnStatus_t use(const char *function, cudnnDropoutDescriptor_t descriptor, Dropout &dropout, std::vector<Region> &regions) {
    const auto *found = descriptor == nullptr ? nullptr : dropouts().find(function, descriptor);
    if (descriptor != nullptr && (found == nullptr || (found->rate > 0 && found->states == nullptr))) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "a dropout descriptor of the attention is destroyed or has no states");
    }
    if (found != nullptr && found->rate > 0) {
        dropout = {found->rate, found->states};
        regions.push_back(states_of(*found));
    }
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace
}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnMultiHeadAttnForward(cudnnHandle_t handle, const cudnnAttnDescriptor_t attnDesc, int currIdx,
    const int loWinIdx[], const int hiWinIdx[], const int devSeqLengthsQO[], const int devSeqLengthsKV[],
    const cudnnSeqDataDescriptor_t qDesc, const void *queries, const void *residuals, const cudnnSeqDataDescriptor_t kDesc,
    const void *keys, const cudnnSeqDataDescriptor_t vDesc, const void *values, const cudnnSeqDataDescriptor_t oDesc, void *out,
    size_t weightSizeInBytes, const void *weights, size_t workSpaceSizeInBytes, void *workSpace,
    size_t reserveSpaceSizeInBytes, void *reserveSpace) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr);
    const auto *q = sequences(__func__, qDesc), *k = sequences(__func__, kDesc), *v = sequences(__func__, vDesc),
               *o = sequences(__func__, oDesc);
    DNN_BAD(q == nullptr || k == nullptr || v == nullptr || o == nullptr);
    DNN_BAD(queries == nullptr || keys == nullptr || values == nullptr || out == nullptr);
    DNN_BAD(devSeqLengthsQO == nullptr || devSeqLengthsKV == nullptr);
    Batch batch{*found, *q, *k, *v, *o, {}, {}};
    DNN_TRY(fit(__func__, batch));
    DNN_TRY(take_windows(__func__, batch, loWinIdx, hiWinIdx));
    DNN_BAD(currIdx >= q->sizes[CUDNN_SEQDATA_TIME_DIM]);
    DNN_BAD(residuals != nullptr && found->query != found->output());
    DNN_BAD(weightSizeInBytes < weight_bytes(*found));
    DNN_BAD(weights == nullptr && weight_bytes(*found) > 0);
    DNN_BAD(workSpaceSizeInBytes < work_bytes(*found) || workSpace == nullptr);
    bool training = reserveSpaceSizeInBytes > 0;
    DNN_BAD(training != (reserveSpace != nullptr));
    DNN_BAD(training && currIdx >= 0);
    DNN_BAD(training && reserveSpaceSizeInBytes < reserve_bytes(*found));
    std::vector<standin::Region> regions{region(*q, queries, "queries"), region(*k, keys, "keys"),
        region(*v, values, "values"), region(*o, out, "out"), lengths_region(*q, devSeqLengthsQO, "devSeqLengthsQO"),
        lengths_region(*k, devSeqLengthsKV, "devSeqLengthsKV"), {workSpace, work_bytes(*found), "workSpace"}};
    if (weight_bytes(*found) > 0) {
        regions.push_back({weights, weight_bytes(*found), "weights"});
    }
    if (residuals != nullptr) {
        regions.push_back(region(*q, residuals, "residuals"));
    }
    Dropout attention_dropout, output_dropout;
    if (training) {
        regions.push_back({reserveSpace, reserve_bytes(*found), "reserveSpace"});
        DNN_TRY(use(__func__, found->attention_dropout, attention_dropout, regions));
        DNN_TRY(use(__func__, found->output_dropout, output_dropout, regions));
    }
    Forward pass{batch, currIdx, training, attention_dropout, output_dropout, devSeqLengthsQO, devSeqLengthsKV, queries,
        residuals, keys, values, weights, out, workSpace, reserveSpace};
    return queued(__func__, standin::enqueue(handle->stream, __func__, regions,
                                [pass, name = __func__] { pass.run(name); }));
}
