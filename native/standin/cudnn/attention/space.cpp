#include "space.hpp"

#include "weights.hpp"

#include <algorithm>
#include <cstring>

namespace standin::dnn {
namespace {

struct Header {
    uint64_t mark, stage;
    Dropped dropped;
};

constexpr uint64_t mark = 0x417474656E64ULL;

Header header(const void *reserve) {
    Header found;
    std::memcpy(&found, reserve, sizeof found);
    return found;
}

const int *windows(const void *reserve) {
    return reinterpret_cast<const int *>(static_cast<const char *>(reserve) + sizeof(Header));
}

}  // namespace

size_t work_bytes(const cudnnAttnStruct &attention) {
    return 512 + static_cast<size_t>(attention.heads) * static_cast<size_t>(attention.longest_query) * 8;
}

size_t reserve_bytes(const cudnnAttnStruct &attention) {
    return sizeof(Header) + static_cast<size_t>(attention.longest_query) * 2 * sizeof(int);
}

void begin_step(const Batch &batch, Dropped dropped, void *reserve) {
    Header fresh{mark, uint64_t(Stage::forward), dropped};
    std::memset(reserve, 0xFF, reserve_bytes(batch.attention));
    std::memcpy(reserve, &fresh, sizeof fresh);
    int *kept = const_cast<int *>(windows(reserve));
    std::copy(batch.low.begin(), batch.low.end(), kept);
    std::copy(batch.high.begin(), batch.high.end(), kept + batch.attention.longest_query);
}

bool resume_step(const char *function, Stage needed, const cudnnAttnStruct &attention, const void *reserve, Dropped &dropped) {
    Header found = header(reserve);
    if (found.mark != mark || found.stage < uint64_t(needed)) {
        violate(std::string(function) + ": the reserve space (" + std::to_string(reserve_bytes(attention)) +
                " bytes) does not come from " +
                (needed == Stage::forward ? "cudnnMultiHeadAttnForward" : "cudnnMultiHeadAttnBackwardData"));
        return false;
    }
    dropped = found.dropped;
    return true;
}

bool same_windows(const char *function, const Batch &batch, const void *reserve) {
    const int *kept = windows(reserve);
    bool same = std::equal(batch.low.begin(), batch.low.end(), kept) &&
        std::equal(batch.high.begin(), batch.high.end(), kept + batch.attention.longest_query);
    if (!same) {
        violate(std::string(function) + ": the attention windows are not those of the forward pass");
    }
    return same;
}

void recall_windows(Batch &batch, const void *reserve) {
    const int *kept = windows(reserve);
    auto count = batch.queries.sizes[CUDNN_SEQDATA_TIME_DIM];
    batch.low.assign(kept, kept + count);
    batch.high.assign(kept + batch.attention.longest_query, kept + batch.attention.longest_query + count);
}

void advance_step(void *reserve) {
    Header found = header(reserve);
    found.stage = uint64_t(Stage::data);
    std::memcpy(reserve, &found, sizeof found);
}

}  // namespace standin::dnn

using namespace standin::dnn;

// Without a place for the size of the reserve space, sizes are those of inference.
cudnnStatus_t cudnnGetMultiHeadAttnBuffers(cudnnHandle_t handle, const cudnnAttnDescriptor_t attnDesc,
    size_t *weightSizeInBytes, size_t *workSpaceSizeInBytes, size_t *reserveSpaceSizeInBytes) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr || weightSizeInBytes == nullptr || workSpaceSizeInBytes == nullptr);
    *weightSizeInBytes = weight_bytes(*found);
    *workSpaceSizeInBytes = work_bytes(*found);
    if (reserveSpaceSizeInBytes != nullptr) {
        *reserveSpaceSizeInBytes = reserve_bytes(*found);
    }
    return CUDNN_STATUS_SUCCESS;
}
