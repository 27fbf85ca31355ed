// Attention descriptors. What is refused, and how, was observed of cuDNN 9.28, which does this without a GPU.
#include "descriptor.hpp"

namespace standin::dnn {
namespace {

Registry<cudnnAttnStruct> &descriptors() {
    static auto &live = *new Registry<cudnnAttnStruct>("cuDNN attention descriptor");
    return live;
}

// Half precision may be summed in its own type or in float; the others in their own.
bool summable(cudnnDataType_t type, cudnnDataType_t precision) {
    bool half = type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
    return precision == type || (half && precision == CUDNN_DATA_FLOAT);
}

template <class T>
void give(T *target, T value) {
    if (target != nullptr) {
        *target = value;
    }
}

}  // namespace

const cudnnAttnStruct *attention(const char *function, cudnnAttnDescriptor_t descriptor) {
    auto *found = descriptor == nullptr ? nullptr : descriptors().find(function, descriptor);
    return found != nullptr && found->set ? found : nullptr;
}

}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnCreateAttnDescriptor(cudnnAttnDescriptor_t *attnDesc) {
    DNN_ENTER();
    DNN_BAD(attnDesc == nullptr);
    *attnDesc = descriptors().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyAttnDescriptor(cudnnAttnDescriptor_t attnDesc) {
    return destroy(__func__, descriptors(), attnDesc);
}

cudnnStatus_t cudnnSetAttnDescriptor(cudnnAttnDescriptor_t attnDesc, unsigned attnMode, int nHeads, double smScaler,
    cudnnDataType_t dataType, cudnnDataType_t computePrec, cudnnMathType_t mathType, cudnnDropoutDescriptor_t attnDropoutDesc,
    cudnnDropoutDescriptor_t postDropoutDesc, int qSize, int kSize, int vSize, int qProjSize, int kProjSize, int vProjSize,
    int oProjSize, int qoMaxSeqLength, int kvMaxSeqLength, int maxBatchSize, int maxBeamSize) {
    DNN_ENTER();
    DNN_BAD(attnDesc == nullptr || descriptors().find(__func__, attnDesc) == nullptr);
    DNN_BAD((attnMode & ~(CUDNN_ATTN_QUERYMAP_ONE_TO_ONE | CUDNN_ATTN_ENABLE_PROJ_BIASES)) != 0);
    DNN_BAD(nHeads <= 0);
    DNN_BAD(!(smScaler >= 0));
    DNN_BAD(!computes(dataType) || !computes(computePrec));
    DNN_BAD(mathType < CUDNN_DEFAULT_MATH || mathType > CUDNN_FMA_MATH);
    DNN_BAD(qSize <= 0 || kSize <= 0 || vSize <= 0);
    DNN_BAD(qProjSize < 0 || kProjSize < 0 || vProjSize < 0 || oProjSize < 0);
    DNN_BAD((qProjSize > 0 ? qProjSize : qSize) != (kProjSize > 0 ? kProjSize : kSize));
    DNN_BAD(qoMaxSeqLength <= 0 || kvMaxSeqLength <= 0);
    DNN_BAD(maxBatchSize <= 0 || maxBeamSize <= 0);
    DNN_BAD(attnDropoutDesc != nullptr && dropouts().find(__func__, attnDropoutDesc) == nullptr);
    DNN_BAD(postDropoutDesc != nullptr && dropouts().find(__func__, postDropoutDesc) == nullptr);
    DNN_UNSUPPORTED(!summable(dataType, computePrec));
    *attnDesc = {true, attnMode, nHeads, smScaler, dataType, computePrec, mathType, attnDropoutDesc, postDropoutDesc, qSize,
        kSize, vSize, qProjSize, kProjSize, vProjSize, oProjSize, qoMaxSeqLength, kvMaxSeqLength, maxBatchSize, maxBeamSize};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetAttnDescriptor(cudnnAttnDescriptor_t attnDesc, unsigned *attnMode, int *nHeads, double *smScaler,
    cudnnDataType_t *dataType, cudnnDataType_t *computePrec, cudnnMathType_t *mathType,
    cudnnDropoutDescriptor_t *attnDropoutDesc, cudnnDropoutDescriptor_t *postDropoutDesc, int *qSize, int *kSize, int *vSize,
    int *qProjSize, int *kProjSize, int *vProjSize, int *oProjSize, int *qoMaxSeqLength, int *kvMaxSeqLength,
    int *maxBatchSize, int *maxBeamSize) {
    DNN_ENTER();
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr);
    give(attnMode, found->mode);
    give(nHeads, found->heads);
    give(smScaler, found->scale);
    give(dataType, found->type);
    give(computePrec, found->precision);
    give(mathType, found->math);
    give(attnDropoutDesc, found->attention_dropout);
    give(postDropoutDesc, found->output_dropout);
    give(qSize, found->query);
    give(kSize, found->key);
    give(vSize, found->value);
    give(qProjSize, found->query_projection);
    give(kProjSize, found->key_projection);
    give(vProjSize, found->value_projection);
    give(oProjSize, found->output_projection);
    give(qoMaxSeqLength, found->longest_query);
    give(kvMaxSeqLength, found->longest_key);
    give(maxBatchSize, found->batches);
    give(maxBeamSize, found->beams);
    return CUDNN_STATUS_SUCCESS;
}
