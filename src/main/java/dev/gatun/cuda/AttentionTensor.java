package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;

/** The tensors of cuDNN's attention operations, and by which attribute each pass links to them: −1 where it does not, or not itself. */
enum AttentionTensor {
    Q(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_QDESC()),
    K(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_KDESC()),
    V(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_VDESC()),
    Y(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_ODESC()),
    /** ln Σ exp of the scores of each query, F32. */
    LOG_SUM_EXP(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_STATSDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_STATSDESC()),
    /** The factor of the scores, F32, on the host. */
    SCALE(Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SCALEDESC()),
    QUERY_LENGTHS(
            Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SEQ_LEN_QDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SEQ_LEN_QDESC()),
    KEY_LENGTHS(
            Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SEQ_LEN_KVDESC(), Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SEQ_LEN_KVDESC()),
    DY(-1, Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_DODDESC()),
    DQ(-1, Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_DQDESC()),
    DK(-1, Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_DKDESC()),
    DV(-1, Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_DVDESC()),
    /** Within the operation: the scores before and after the causal mask. */
    SCORES(-1, -1),
    MASKED_SCORES(-1, -1),
    /** What the causal mask puts in: −∞, F32, on the host. */
    BLOCKED(-1, -1);

    private final int forward;
    private final int backward;

    AttentionTensor(int forward, int backward) {
        this.forward = forward;
        this.backward = backward;
    }

    int attribute(boolean isBackward) {
        return isBackward ? backward : forward;
    }

    /** What a variant pack calls it. */
    @SuppressWarnings("EnumOrdinal") // any number that no other tensor has
    long id() {
        return 1L + ordinal();
    }
}
