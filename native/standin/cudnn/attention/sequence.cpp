// Sequence data descriptors. What is refused, and how, was observed of cuDNN 9.28, which does this without a GPU.
#include "sequence.hpp"

#include <algorithm>

namespace standin::dnn {
namespace {

Registry<cudnnSeqDataStruct> &descriptors() {
    static auto &live = *new Registry<cudnnSeqDataStruct>("cuDNN sequence data descriptor");
    return live;
}

bool permutation(const cudnnSeqDataAxis_t axes[]) {
    bool seen[CUDNN_SEQDATA_DIM_COUNT] = {};
    for (int i = 0; i < CUDNN_SEQDATA_DIM_COUNT; i++) {
        if (axes[i] < 0 || axes[i] >= CUDNN_SEQDATA_DIM_COUNT || seen[axes[i]]) {
            return false;
        }
        seen[axes[i]] = true;
    }
    return true;
}

}  // namespace

const cudnnSeqDataStruct *sequences(const char *function, cudnnSeqDataDescriptor_t descriptor) {
    auto *found = descriptor == nullptr ? nullptr : descriptors().find(function, descriptor);
    return found != nullptr && found->set ? found : nullptr;
}

size_t vector_at(const cudnnSeqDataStruct &data, size_t time, size_t batch, size_t beam) {
    const size_t place[CUDNN_SEQDATA_DIM_COUNT] = {time, batch, beam, 0};
    size_t index = 0;
    for (cudnnSeqDataAxis_t axis : data.axes) {
        index = index * static_cast<size_t>(data.sizes[axis]) + place[axis];
    }
    return index;
}

size_t extent(const cudnnSeqDataStruct &data) {
    size_t count = 1;
    for (int size : data.sizes) {
        count *= static_cast<size_t>(size);
    }
    return count * bytes_of(data.type);
}

}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnCreateSeqDataDescriptor(cudnnSeqDataDescriptor_t *seqDataDesc) {
    DNN_ENTER();
    DNN_BAD(seqDataDesc == nullptr);
    *seqDataDesc = descriptors().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroySeqDataDescriptor(cudnnSeqDataDescriptor_t seqDataDesc) {
    return destroy(__func__, descriptors(), seqDataDesc);
}

// The padding fill is kept and given back, and ignored by attention, as NVIDIA documents: padding stays undefined.
cudnnStatus_t cudnnSetSeqDataDescriptor(cudnnSeqDataDescriptor_t seqDataDesc, cudnnDataType_t dataType, int nbDims,
    const int dimA[], const cudnnSeqDataAxis_t axes[], size_t seqLengthArraySize, const int seqLengthArray[],
    void *paddingFill) {
    DNN_ENTER();
    DNN_BAD(seqDataDesc == nullptr || descriptors().find(__func__, seqDataDesc) == nullptr);
    DNN_UNSUPPORTED(!computes(dataType));
    DNN_UNSUPPORTED(nbDims != CUDNN_SEQDATA_DIM_COUNT);
    DNN_BAD(dimA == nullptr || axes == nullptr || seqLengthArray == nullptr);
    for (int i = 0; i < nbDims; i++) {
        DNN_BAD(dimA[i] <= 0);
    }
    DNN_BAD(!permutation(axes));
    DNN_BAD(axes[nbDims - 1] != CUDNN_SEQDATA_VECT_DIM);
    DNN_BAD(seqLengthArraySize !=
            static_cast<size_t>(dimA[CUDNN_SEQDATA_BATCH_DIM]) * static_cast<size_t>(dimA[CUDNN_SEQDATA_BEAM_DIM]));
    for (size_t i = 0; i < seqLengthArraySize; i++) {
        DNN_BAD(seqLengthArray[i] <= 0 || seqLengthArray[i] > dimA[CUDNN_SEQDATA_TIME_DIM]);
    }
    seqDataDesc->type = dataType;
    std::copy_n(dimA, nbDims, seqDataDesc->sizes);
    std::copy_n(axes, nbDims, seqDataDesc->axes);
    seqDataDesc->lengths = standin::copied(seqLengthArray, seqLengthArraySize);
    seqDataDesc->filled = paddingFill != nullptr;
    seqDataDesc->fill = paddingFill == nullptr ? 0 : standin::load(element(dataType), paddingFill, 0);
    seqDataDesc->set = true;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetSeqDataDescriptor(const cudnnSeqDataDescriptor_t seqDataDesc, cudnnDataType_t *dataType, int *nbDims,
    int nbDimsRequested, int dimA[], cudnnSeqDataAxis_t axes[], size_t *seqLengthArraySize, size_t seqLengthSizeRequested,
    int seqLengthArray[], void *paddingFill) {
    DNN_ENTER();
    const cudnnSeqDataStruct *data = sequences(__func__, seqDataDesc);
    DNN_BAD(data == nullptr);
    DNN_BAD(nbDimsRequested < 0 || (nbDimsRequested > 0 && (dimA == nullptr || axes == nullptr)));
    DNN_BAD(seqLengthSizeRequested > 0 && seqLengthArray == nullptr);
    if (dataType != nullptr) {
        *dataType = data->type;
    }
    if (nbDims != nullptr) {
        *nbDims = CUDNN_SEQDATA_DIM_COUNT;
    }
    for (int i = 0; i < std::min(nbDimsRequested, CUDNN_SEQDATA_DIM_COUNT); i++) {
        dimA[i] = data->sizes[i];
        axes[i] = data->axes[i];
    }
    if (seqLengthArraySize != nullptr) {
        *seqLengthArraySize = data->lengths.size();
    }
    std::copy_n(data->lengths.begin(), std::min(seqLengthSizeRequested, data->lengths.size()), seqLengthArray);
    if (paddingFill != nullptr && data->filled) {
        standin::store(element(data->type), paddingFill, 0, data->fill);
    }
    return CUDNN_STATUS_SUCCESS;
}
