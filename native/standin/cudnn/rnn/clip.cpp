// Clipping of an LSTM's cell.
#include "descriptor.hpp"

#include <cmath>

namespace standin::dnn::rnn {
namespace {

cudnnStatus_t set_clip(const char *function, cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t mode,
    cudnnNanPropagation_t nan, double low, double high) {
    DNN_BAD_IN(function, rnnDesc == nullptr || descriptors().find(function, rnnDesc) == nullptr);
    DNN_BAD_IN(function, mode != CUDNN_RNN_CLIP_NONE && mode != CUDNN_RNN_CLIP_MINMAX);
    DNN_BAD_IN(function, nan != CUDNN_NOT_PROPAGATE_NAN && nan != CUDNN_PROPAGATE_NAN);
    DNN_BAD_IN(function, (low > high) || std::isnan(low) || std::isnan(high));
    rnnDesc->clip = mode;
    rnnDesc->clip_nan = nan;
    rnnDesc->clip_low = low;
    rnnDesc->clip_high = high;
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace
}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnRNNSetClip_v8(cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t clipMode, cudnnNanPropagation_t clipNanOpt,
    double lclip, double rclip) {
    DNN_ENTER();
    return set_clip(__func__, rnnDesc, clipMode, clipNanOpt, lclip, rclip);
}

cudnnStatus_t cudnnRNNSetClip_v9(cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t clipMode, double lclip, double rclip) {
    DNN_ENTER();
    return set_clip(__func__, rnnDesc, clipMode, CUDNN_PROPAGATE_NAN, lclip, rclip);
}

cudnnStatus_t cudnnRNNGetClip_v8(cudnnRNNDescriptor_t rnnDesc, cudnnRNNClipMode_t *clipMode,
    cudnnNanPropagation_t *clipNanOpt, double *lclip, double *rclip) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr || descriptors().find(__func__, rnnDesc) == nullptr);
    DNN_BAD(clipMode == nullptr || clipNanOpt == nullptr || lclip == nullptr || rclip == nullptr);
    *clipMode = rnnDesc->clip;
    *clipNanOpt = rnnDesc->clip_nan;
    *lclip = rnnDesc->clip_low;
    *rclip = rnnDesc->clip_high;
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
