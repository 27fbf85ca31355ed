package dev.gatun.cuda;

/**
 * What a user may ask of the backend by system properties.
 *
 * @param autotune {@code gatun.cuda.autotune}: whether cuDNN's recurrent algorithms are measured, once per stack and shape
 * @param multiHead {@code gatun.cuda.multihead}: whether cuDNN's multi-head attention is taken where it can be, before cuBLAS
 */
record CudaOptions(boolean autotune, boolean multiHead) {
    static final String AUTOTUNE = "gatun.cuda.autotune";
    static final String MULTI_HEAD = "gatun.cuda.multihead";

    static CudaOptions fromProperties() {
        return new CudaOptions(Boolean.getBoolean(AUTOTUNE), Boolean.getBoolean(MULTI_HEAD));
    }
}
