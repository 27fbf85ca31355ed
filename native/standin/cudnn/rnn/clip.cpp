// Clipping of an LSTM's cell.
#include "descriptor.hpp"

#include <cmath>

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnRNNSetClip_v9(cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t clipMode, double lclip, double rclip) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr || descriptors().find(__func__, rnnDesc) == nullptr);
    DNN_BAD(clipMode != CUDNN_RNN_CLIP_NONE && clipMode != CUDNN_RNN_CLIP_MINMAX);
    DNN_BAD((lclip > rclip) || std::isnan(lclip) || std::isnan(rclip));
    rnnDesc->clip = clipMode;
    rnnDesc->clip_low = lclip;
    rnnDesc->clip_high = rclip;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnRNNGetClip_v9(cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t *clipMode, double *lclip, double *rclip) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr || descriptors().find(__func__, rnnDesc) == nullptr);
    DNN_BAD(clipMode == nullptr || lclip == nullptr || rclip == nullptr);
    *clipMode = rnnDesc->clip;
    *lclip = rnnDesc->clip_low;
    *rclip = rnnDesc->clip_high;
    return CUDNN_STATUS_SUCCESS;
}
