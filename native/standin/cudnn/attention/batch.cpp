#include "batch.hpp"

#include <algorithm>
#include <cstring>

namespace standin::dnn {
namespace {

int beams_of(const cudnnSeqDataStruct &data) {
    return data.sizes[CUDNN_SEQDATA_BEAM_DIM];
}

bool same_sequences(const cudnnSeqDataStruct &a, const cudnnSeqDataStruct &b) {
    return std::equal(a.sizes, a.sizes + CUDNN_SEQDATA_VECT_DIM, b.sizes) && a.lengths == b.lengths;
}

double factor(Dropping dropping, size_t index) {
    return dropping.rate > 0 ? dropout_factor(dropping.key, index, dropping.rate) : 1;
}

std::string mismatch(const Batch &batch) {
    const auto &[attention, q, k, v, o, low, high] = batch;
    if (q.type != attention.type || k.type != attention.type || v.type != attention.type || o.type != attention.type) {
        return "the data types of the sequences are not that of the attention descriptor";
    }
    if (q.sizes[CUDNN_SEQDATA_VECT_DIM] != attention.query || k.sizes[CUDNN_SEQDATA_VECT_DIM] != attention.key ||
        v.sizes[CUDNN_SEQDATA_VECT_DIM] != attention.value || o.sizes[CUDNN_SEQDATA_VECT_DIM] != attention.output()) {
        return "the vector sizes are not qSize, kSize, vSize and oProjSize (nHeads times the value size without projection)";
    }
    if (!same_sequences(q, o) || !same_sequences(k, v)) {
        return "queries and output, or keys and values, differ in their sequences";
    }
    if (k.sizes[CUDNN_SEQDATA_BATCH_DIM] != q.sizes[CUDNN_SEQDATA_BATCH_DIM]) {
        return "queries and keys differ in their batch size";
    }
    if (beams_of(k) != (attention.one_to_one() ? beams_of(q) : 1)) {
        return "the beams of the keys do not fit the query map";
    }
    if (q.sizes[CUDNN_SEQDATA_TIME_DIM] > attention.longest_query || k.sizes[CUDNN_SEQDATA_TIME_DIM] > attention.longest_key ||
        q.sizes[CUDNN_SEQDATA_BATCH_DIM] > attention.batches || beams_of(q) > attention.beams) {
        return "a sequence container is larger than the attention descriptor allows";
    }
    return "";
}

}  // namespace

Heads Batch::heads() const {
    auto size = [](int value) { return static_cast<size_t>(value); };
    return {size(attention.heads), size(attention.query), size(attention.key), size(attention.value),
        size(attention.compared()), size(attention.summed()), size(attention.output()), attention.scale};
}

cudnnStatus_t fit(const char *function, const Batch &batch) {
    auto why = mismatch(batch);
    return why.empty() ? CUDNN_STATUS_SUCCESS : fail(function, CUDNN_STATUS_BAD_PARAM, why);
}

cudnnStatus_t take_windows(const char *function, Batch &batch, const int *low, const int *high) {
    if (low == nullptr || high == nullptr) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "loWinIdx == nullptr || hiWinIdx == nullptr");
    }
    int steps = batch.queries.sizes[CUDNN_SEQDATA_TIME_DIM];
    for (int t = 0; t < steps; t++) {
        if (low[t] < 0 || high[t] < low[t]) {
            return fail(function, CUDNN_STATUS_BAD_PARAM,
                "the attention window of time step " + std::to_string(t) + " is not 0 <= loWinIdx <= hiWinIdx");
        }
    }
    batch.low = copied(low, static_cast<size_t>(steps));
    batch.high = copied(high, static_cast<size_t>(steps));
    return CUDNN_STATUS_SUCCESS;
}

Attended attended(const Batch &batch, size_t n, size_t beam, int only, Dropped dropped,
    const void *queries, const void *keys, const void *values) {
    Attended what{gather(batch.queries, queries, n, beam), gather(batch.keys, keys, n, batch.key_beam(beam)),
        gather(batch.values, values, n, batch.key_beam(beam)), {}, {}, {}};
    auto heads = batch.heads();
    size_t count = what.queries.size() / heads.query, last = what.keys.size() / heads.key, first = 0;
    if (only >= 0) {
        first = static_cast<size_t>(only);
        auto from = what.queries.begin() + static_cast<ptrdiff_t>(first * heads.query);
        what.queries = std::vector<double>(from, from + static_cast<ptrdiff_t>(heads.query));
        count = first + 1;
    }
    for (size_t t = first; t < count; t++) {
        size_t high = std::min(static_cast<size_t>(batch.high[t]), last);
        what.windows.push_back({std::min(static_cast<size_t>(batch.low[t]), high), high});
    }
    // Every probability and every output element of the batch has an index of its own.
    size_t sequence = n * batch.beams() + beam;
    auto longest_query = static_cast<size_t>(batch.attention.longest_query);
    auto longest_key = static_cast<size_t>(batch.attention.longest_key);
    what.kept = [=](size_t h, size_t t, size_t s) {
        return factor(dropped.attention, ((sequence * heads.count + h) * longest_query + t) * longest_key + s);
    };
    what.passed = [=](size_t t, size_t i) {
        return factor(dropped.output, (sequence * longest_query + t) * heads.output + i);
    };
    return what;
}

std::vector<double> gather(const cudnnSeqDataStruct &data, const void *from, size_t n, size_t beam) {
    auto size = static_cast<size_t>(data.sizes[CUDNN_SEQDATA_VECT_DIM]);
    auto length = static_cast<size_t>(data.lengths[n * static_cast<size_t>(beams_of(data)) + beam]);
    std::vector<double> vectors(length * size);
    for (size_t t = 0; t < length; t++) {
        for (size_t i = 0; i < size; i++) {
            vectors[t * size + i] = load(element(data.type), from, vector_at(data, t, n, beam) + i);
        }
    }
    return vectors;
}

void scatter(const cudnnSeqDataStruct &data, void *to, size_t n, size_t beam, const std::vector<double> &vectors, size_t first) {
    auto size = static_cast<size_t>(data.sizes[CUDNN_SEQDATA_VECT_DIM]);
    for (size_t t = 0; t < vectors.size() / size; t++) {
        for (size_t i = 0; i < size; i++) {
            store(element(data.type), to, vector_at(data, first + t, n, beam) + i, vectors[t * size + i]);
        }
    }
}

void poison(const cudnnSeqDataStruct &data, void *values) {
    std::memset(values, 0xFF, extent(data));
}

bool same_lengths(const char *function, const cudnnSeqDataStruct &data, const void *lengths) {
    for (size_t i = 0; i < data.lengths.size(); i++) {
        auto given = static_cast<const int *>(lengths)[i];
        if (given != data.lengths[i]) {
            violate(std::string(function) + ": sequence length " + std::to_string(i) + " is " + std::to_string(given) +
                    " in device memory and " + std::to_string(data.lengths[i]) + " in the descriptor");
            return false;
        }
    }
    return true;
}

Region region(const cudnnSeqDataStruct &data, const void *values, const char *name) {
    return {values, extent(data), name};
}

Region lengths_region(const cudnnSeqDataStruct &data, const void *lengths, const char *name) {
    return {lengths, data.lengths.size() * sizeof(int), name};
}

}  // namespace standin::dnn
