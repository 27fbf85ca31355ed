// The persistent algorithms: computed like the standard one, but refused where cuDNN refuses them.
#include "cudnn/handle.hpp"
#include "descriptor.hpp"

namespace standin::dnn::rnn {
namespace {

// Bounds that cuDNN 9.28 names in its messages. It has several for the static algorithm, by kind of GPU and of data; these are the
// narrowest, so that code has to live with a refusal.
int widest_static(cudnnRNNMode_t mode) {
    return mode == CUDNN_LSTM || mode == CUDNN_GRU ? 256 : 512;
}

int widest_small(cudnnRNNMode_t mode) {
    return mode == CUDNN_LSTM || mode == CUDNN_GRU ? 192 : 384;
}

}  // namespace

cudnnStatus_t check_algorithm(const char *function, const cudnnRNNStruct &d, int batch, bool variable) {
    DNN_UNSUPPORTED_IN(function, variable && (d.algorithm != CUDNN_RNN_ALGO_STANDARD));
    DNN_UNSUPPORTED_IN(function, d.algorithm == CUDNN_RNN_ALGO_PERSIST_STATIC && d.hidden > widest_static(d.mode));
    DNN_UNSUPPORTED_IN(function, d.algorithm == CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H && d.hidden > widest_small(d.mode));
    DNN_BAD_IN(function, d.algorithm == CUDNN_RNN_ALGO_PERSIST_DYNAMIC && d.planned_batch != batch);
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnBuildRNNDynamic(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, int miniBatch) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || descriptor(__func__, rnnDesc) == nullptr);
    DNN_BAD(miniBatch < 1);
    DNN_UNSUPPORTED(rnnDesc->algorithm != CUDNN_RNN_ALGO_PERSIST_DYNAMIC);
    rnnDesc->planned_batch = miniBatch;
    return CUDNN_STATUS_SUCCESS;
}
