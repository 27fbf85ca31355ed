// RNN data descriptors. What is refused, and how, was observed of cuDNN 9.28, which does this without a GPU: lengths of 0 are
// taken in the unpacked layouts and refused in the packed one, as NVIDIA's documentation has it (0 <= length <= maxSeqLength).
#include "data.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

bool cudnnRNNDataStruct::variable() const {
    return std::any_of(lengths.begin(), lengths.end(), [this](int length) { return length != steps; });
}

size_t cudnnRNNDataStruct::bytes() const {
    size_t vectors = is_packed() ? std::accumulate(lengths.begin(), lengths.end(), size_t(0))
                                 : static_cast<size_t>(steps) * static_cast<size_t>(batch);
    return vectors * static_cast<size_t>(width) * standin::dnn::bytes_of(type);
}

namespace standin::dnn::rnn {
namespace {

// Calls visit(step, sequence, index of its vector in memory, whether it is padding) for all that a descriptor spans.
template <class Visit>
void for_each_vector(const cudnnRNNDataStruct &data, Visit visit) {
    size_t packed = 0;
    auto steps = static_cast<size_t>(data.steps);
    auto batch = static_cast<size_t>(data.batch);
    for (size_t step = 0; step < steps; step++) {
        for (size_t n = 0; n < batch; n++) {
            bool padding = step >= static_cast<size_t>(data.lengths[n]);
            if (data.is_packed()) {
                if (!padding) {
                    visit(step, n, packed++, false);
                }
            } else {
                bool batch_major = data.layout == CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED;
                visit(step, n, batch_major ? n * steps + step : step * batch + n, padding);
            }
        }
    }
}

double fill_value(cudnnDataType_t type, const void *fill) {
    return load(element(type), fill, 0);
}

}  // namespace

Registry<cudnnRNNDataStruct> &data_descriptors() {
    static auto &live = *new Registry<cudnnRNNDataStruct>("cuDNN RNN data descriptor");
    return live;
}

const cudnnRNNDataStruct *data(const char *function, cudnnRNNDataDescriptor_t handle) {
    auto *found = handle == nullptr ? nullptr : data_descriptors().find(function, handle);
    return found != nullptr && found->set ? found : nullptr;
}

Batch batch_of(const cudnnRNNDataStruct &data) {
    return {static_cast<size_t>(data.steps), static_cast<size_t>(data.batch), data.lengths};
}

std::vector<double> read(const cudnnRNNDataStruct &data, const void *memory) {
    auto width = static_cast<size_t>(data.width);
    std::vector<double> values(static_cast<size_t>(data.steps) * static_cast<size_t>(data.batch) * width);
    for_each_vector(data, [&](size_t step, size_t n, size_t index, bool padding) {
        for (size_t j = 0; !padding && j < width; j++) {
            values[(step * static_cast<size_t>(data.batch) + n) * width + j] =
                load(element(data.type), memory, index * width + j);
        }
    });
    return values;
}

void write(const cudnnRNNDataStruct &data, void *memory, const std::vector<double> &values, std::optional<double> fill) {
    auto width = static_cast<size_t>(data.width);
    std::memset(memory, 0xFF, data.bytes());
    for_each_vector(data, [&](size_t step, size_t n, size_t index, bool padding) {
        for (size_t j = 0; j < width && (!padding || fill); j++) {
            double value = padding ? *fill : values[(step * static_cast<size_t>(data.batch) + n) * width + j];
            store(element(data.type), memory, index * width + j, value);
        }
    });
}

}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t *rnnDataDesc) {
    DNN_ENTER();
    DNN_BAD(rnnDataDesc == nullptr);
    *rnnDataDesc = data_descriptors().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyRNNDataDescriptor(cudnnRNNDataDescriptor_t rnnDataDesc) {
    return destroy(__func__, data_descriptors(), rnnDataDesc);
}

cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t rnnDataDesc, cudnnDataType_t dataType,
    cudnnRNNDataLayout_t layout, int maxSeqLength, int batchSize, int vectorSize, const int seqLengthArray[],
    void *paddingFill) {
    DNN_ENTER();
    DNN_BAD(rnnDataDesc == nullptr || data_descriptors().find(__func__, rnnDataDesc) == nullptr);
    DNN_BAD(layout < CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED || layout > CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED);
    DNN_BAD(seqLengthArray == nullptr);
    DNN_UNSUPPORTED(!computes(dataType));
    DNN_BAD(maxSeqLength <= 0 || batchSize <= 0 || vectorSize <= 0);
    DNN_UNSUPPORTED(maxSeqLength > 65535);
    std::vector<int> lengths(seqLengthArray, seqLengthArray + batchSize);
    for (int length : lengths) {
        DNN_BAD(length < 0 || length > maxSeqLength);
    }
    if (layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED) {
        bool isSortedSequences = std::is_sorted(lengths.rbegin(), lengths.rend());
        DNN_BAD(isSortedSequences == false);
        DNN_BAD(lengths.front() != maxSeqLength);
        DNN_BAD(lengths.back() == 0);
    }
    std::optional<double> fill;
    if (paddingFill != nullptr) {
        fill = fill_value(dataType, paddingFill);
    }
    *rnnDataDesc = {true, dataType, layout, maxSeqLength, batchSize, vectorSize, std::move(lengths), fill};
    return CUDNN_STATUS_SUCCESS;
}

// Lengths beyond the batch are given as 0, and a fill that was not set as 0.
cudnnStatus_t cudnnGetRNNDataDescriptor(cudnnRNNDataDescriptor_t rnnDataDesc, cudnnDataType_t *dataType,
    cudnnRNNDataLayout_t *layout, int *maxSeqLength, int *batchSize, int *vectorSize, int arrayLengthRequested,
    int seqLengthArray[], void *paddingFill) {
    DNN_ENTER();
    DNN_BAD(data(__func__, rnnDataDesc) == nullptr);
    DNN_BAD(dataType == nullptr || layout == nullptr || maxSeqLength == nullptr || batchSize == nullptr || vectorSize == nullptr);
    DNN_BAD(arrayLengthRequested < 0 || seqLengthArray == nullptr || paddingFill == nullptr);
    *dataType = rnnDataDesc->type;
    *layout = rnnDataDesc->layout;
    *maxSeqLength = rnnDataDesc->steps;
    *batchSize = rnnDataDesc->batch;
    *vectorSize = rnnDataDesc->width;
    for (int i = 0; i < arrayLengthRequested; i++) {
        seqLengthArray[i] = i < rnnDataDesc->batch ? rnnDataDesc->lengths[static_cast<size_t>(i)] : 0;
    }
    store(element(rnnDataDesc->type), paddingFill, 0, rnnDataDesc->fill.value_or(0));
    return CUDNN_STATUS_SUCCESS;
}
