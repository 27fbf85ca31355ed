// The rows of an attention whose products are cuBLAS's: scores [batch, heads, queries, keys], contiguous, a row of threads for each.
#include "rows.cuh"
#include "philox.cuh"
#include "walk.cuh"

enum MaskKind { NO_MASK, BLOCKING, ADDED };

/// What hides keys from queries, and what is dropped. Strides are in elements, 0 where broadcast. Written by CudaAttention.
struct Masking {
    long long batch;
    long long heads;
    long long queries;
    long long keys;
    const void *mask; // BLOCKING: bytes, not 0 where a query must not attend; ADDED: Scalars, added to the scores
    long long maskStride[4];
    const unsigned char *padding; // not 0 where a key is padding; may be null
    long long paddingStride[2];
    int maskKind;
    int causal;
};

/// One row: where its operands begin, and how many keys causality leaves.
struct Row {
    long long number;
    long long first;
    long long visible;
    const unsigned char *padding;
    long long maskAt;
};

__device__ static inline long long rowsOf(const Masking &masking) {
    return masking.batch * masking.heads * masking.queries;
}

__device__ static inline Row rowAt(const Masking &masking, long long number) {
    long long query = number % masking.queries;
    long long head = number / masking.queries % masking.heads;
    long long batch = number / masking.queries / masking.heads;
    Row row;
    row.number = number;
    row.first = number * masking.keys;
    row.visible = masking.causal && query + 1 < masking.keys ? query + 1 : masking.keys;
    row.padding = masking.padding == 0 ? 0 : masking.padding + batch * masking.paddingStride[0];
    row.maskAt = batch * masking.maskStride[0] + head * masking.maskStride[1] + query * masking.maskStride[2];
    return row;
}

/// The masked score of a key that causality leaves.
__device__ static inline Scalar masked(const Masking &masking, const Row &row, long long key, Scalar score) {
    long long at = row.maskAt + key * masking.maskStride[3];
    if (row.padding != 0 && row.padding[key * masking.paddingStride[1]] != 0) {
        return -infinity();
    }
    if (masking.maskKind == BLOCKING) {
        return ((const unsigned char *)masking.mask)[at] != 0 ? -infinity() : score;
    }
    return masking.maskKind == ADDED ? score + ((const Scalar *)masking.mask)[at] : score;
}

/// Runs of four elements whose dropout is one block of Philox; a row may begin and end within one.
__device__ static inline long long firstQuad(const Row &row) { return row.first / 4 + threadIdx.x; }
__device__ static inline long long lastQuad(const Masking &masking, const Row &row) {
    return (row.first + masking.keys + 3) / 4;
}

/// In place: q k -> softmax(scale q k + mask), dropped out. weights: before dropout, or null. logSumExp: [batch, heads, queries] or null;
/// minus infinity, and zeros, where a query may attend to no key.
extern "C" __global__ void attentionSoftmax(
    Masking masking, Scalar scale, Dropping dropping, Scalar *scores, Scalar *weights, Scalar *logSumExp) {
    long long number = rowOfThread();
    if (number >= rowsOf(masking)) {
        return;
    }
    Row row = rowAt(masking, number);
    Scalar *s = scores + row.first;
    Scalar largest = -infinity();
    for (long long key = threadIdx.x; key < row.visible; key += blockDim.x) {
        Scalar score = masked(masking, row, key, s[key] * scale);
        s[key] = score;
        largest = larger(largest, score);
    }
    largest = rowMaximum(largest);
    bool isEmpty = largest == -infinity();
    Sum sum = sumOf(0);
    for (long long key = threadIdx.x; key < masking.keys; key += blockDim.x) {
        Scalar power = isEmpty || key >= row.visible ? Scalar(0) : exponential(s[key] - largest);
        s[key] = power;
        sum = plus(sum, power);
    }
    Scalar total = rounded(rowSum(sum));
    Scalar inverse = isEmpty ? Scalar(0) : 1 / total;
    if (logSumExp != 0 && threadIdx.x == 0) {
        logSumExp[number] = isEmpty ? largest : largest + logarithm(total);
    }
    for (long long key = threadIdx.x; key < masking.keys; key += blockDim.x) {
        s[key] *= inverse;
        if (weights != 0) {
            weights[row.first + key] = s[key];
        }
    }
    if (!dropping.on) {
        return;
    }
    rowBarrier(); // the threads of a row share it out otherwise now
    for (long long quad = firstQuad(row); quad < lastQuad(masking, row); quad += blockDim.x) {
        Words words = philox(dropping.seed, dropping.offset + (unsigned long long)quad);
        for (int i = 0; i < 4; i++) {
            long long key = 4 * quad + i - row.first;
            if (key >= 0 && key < masking.keys) {
                s[key] = dropped(dropping, words.word[i], s[key]);
            }
        }
    }
}

/// The weights' gradient times what dropout multiplies a weight by, and what comes to it from outside.
__device__ static inline Scalar upstreamOf(
    const Row &row, long long key, Scalar kept, const Scalar *dropGradients, const Scalar *dweights) {
    Scalar gradient = kept * dropGradients[row.first + key];
    return dweights == 0 ? gradient : gradient + dweights[row.first + key];
}

/// In place: scores q k -> the weights that weighed the values; gradients dy v -> the gradient of q k,
/// scale p (g - sum of p g), with p = exp(masked score - logSumExp) and g the gradient of p. dweights: of the weights before dropout, or null.
extern "C" __global__ void attentionBackward(
    Masking masking, Scalar scale, Dropping dropping, Scalar *scores, Scalar *gradients, const Scalar *logSumExp,
    const Scalar *dweights) {
    long long number = rowOfThread();
    if (number >= rowsOf(masking)) {
        return;
    }
    Row row = rowAt(masking, number);
    Scalar *s = scores + row.first;
    Scalar *ds = gradients + row.first;
    Scalar total = logSumExp[number];
    Sum dot = sumOf(0);
    for (long long quad = firstQuad(row); quad < lastQuad(masking, row); quad += blockDim.x) {
        Words words = {{0, 0, 0, 0}};
        if (dropping.on) {
            words = philox(dropping.seed, dropping.offset + (unsigned long long)quad);
        }
        for (int i = 0; i < 4; i++) {
            long long key = 4 * quad + i - row.first;
            if (key < 0 || key >= masking.keys) {
                continue;
            }
            bool isHidden = key >= row.visible || total == -infinity();
            Scalar p = isHidden ? Scalar(0) : exponential(masked(masking, row, key, s[key] * scale) - total);
            Scalar kept = dropping.on ? dropped(dropping, words.word[i], 1) : Scalar(1);
            Scalar g = upstreamOf(row, key, kept, gradients, dweights);
            dot = plusProduct(dot, p, isHidden ? Scalar(0) : g);
            s[key] = p;
            ds[key] = g;
        }
    }
    Scalar mean = rounded(rowSum(dot));
    for (long long quad = firstQuad(row); quad < lastQuad(masking, row); quad += blockDim.x) {
        Words words = {{0, 0, 0, 0}};
        if (dropping.on) {
            words = philox(dropping.seed, dropping.offset + (unsigned long long)quad);
        }
        for (int i = 0; i < 4; i++) {
            long long key = 4 * quad + i - row.first;
            if (key >= 0 && key < masking.keys) {
                Scalar p = s[key];
                ds[key] = p == 0 ? Scalar(0) : p * (ds[key] - mean) * scale;
                s[key] = dropping.on ? dropped(dropping, words.word[i], p) : p;
            }
        }
    }
}

/// Zeros in x [batch, heads, keys, size] where a key is padding; the walk has the padding, broadcast to that shape, and x.
extern "C" __global__ void attentionClear(Walk walk, const unsigned char *padding, Scalar *x) {
    eachElement<bool>(
        walk, [&](long long, const Places &places) { return padding[places.at[0]] != 0; },
        [&](long long, const Places &places, bool isPadding) {
            if (isPadding) {
                x[places.at[1]] = 0;
            }
        });
}
