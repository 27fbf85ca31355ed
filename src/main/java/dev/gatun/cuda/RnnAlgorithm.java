package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;

/** cuDNN's ways to run a recurrent stack. The persistent ones keep the recurrent weights on the chip, and refuse many shapes. */
enum RnnAlgorithm {
    /** Products by cuBLASLt; takes everything. */
    STANDARD(Cudnn.CUDNN_RNN_ALGO_STANDARD()),
    /** One kernel for all steps, compiled beforehand. */
    PERSIST_STATIC(Cudnn.CUDNN_RNN_ALGO_PERSIST_STATIC()),
    /** One kernel for all steps, compiled for the batch. */
    PERSIST_DYNAMIC(Cudnn.CUDNN_RNN_ALGO_PERSIST_DYNAMIC()),
    /** One kernel for all steps, of small hidden states. */
    PERSIST_STATIC_SMALL_H(Cudnn.CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H());

    private final int code;

    RnnAlgorithm(int code) {
        this.code = code;
    }

    /** cuDNN's name of it. */
    String title() {
        return "CUDNN_RNN_ALGO_" + name();
    }

    /** cuDNN's {@code cudnnRNNAlgo_t}. */
    int code() {
        return code;
    }
}
