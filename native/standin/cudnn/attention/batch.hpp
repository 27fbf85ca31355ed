// What the calls of multi-head attention have in common: the checked arguments, and one sequence of a batch as plain arrays.
#pragma once

#include "descriptor.hpp"
#include "heads.hpp"
#include "sequence.hpp"

namespace standin::dnn {

/// Everything that queued work needs, copied when the call was made.
struct Batch {
    cudnnAttnStruct attention;
    cudnnSeqDataStruct queries, keys, values, output;
    std::vector<int> low, high;

    size_t batches() const { return static_cast<size_t>(queries.sizes[CUDNN_SEQDATA_BATCH_DIM]); }
    size_t beams() const { return static_cast<size_t>(queries.sizes[CUDNN_SEQDATA_BEAM_DIM]); }
    /// The beam of keys and values that a beam of queries looks at.
    size_t key_beam(size_t beam) const { return attention.one_to_one() ? beam : 0; }
    Heads heads() const;
};

/// Refuses descriptors that do not fit together.
cudnnStatus_t fit(const char *function, const Batch &batch);

/// Takes over the attention windows, one for each time step of the queries, or refuses them.
cudnnStatus_t take_windows(const char *function, Batch &batch, const int *low, const int *high);

/// One pass of dropout: nothing is dropped at rate 0.
struct Dropping {
    uint64_t key = 0;
    double rate = 0;
};

/// Dropout of the probabilities and of the output, kept from the forward to the backward pass.
struct Dropped {
    Dropping attention, output;
};

/// One batch entry and beam. Only the query at `only` where that is not negative.
Attended attended(const Batch &batch, size_t n, size_t beam, int only, Dropped dropped,
    const void *queries, const void *keys, const void *values);

/// Vectors of one sequence, [time][element].
std::vector<double> gather(const cudnnSeqDataStruct &data, const void *from, size_t n, size_t beam);

/// Writes vectors of one sequence from time step `first` on.
void scatter(const cudnnSeqDataStruct &data, void *to, size_t n, size_t beam, const std::vector<double> &vectors, size_t first);

/// Makes a whole container undefined.
void poison(const cudnnSeqDataStruct &data, void *values);

/// Whether lengths in device memory are those of the descriptor; a breach is recorded where not.
bool same_lengths(const char *function, const cudnnSeqDataStruct &data, const void *lengths);

Region region(const cudnnSeqDataStruct &data, const void *values, const char *name);
Region lengths_region(const cudnnSeqDataStruct &data, const void *lengths, const char *name);

}  // namespace standin::dnn
