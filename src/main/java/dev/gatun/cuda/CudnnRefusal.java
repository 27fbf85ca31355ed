package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;

/** What cuDNN answers where it has no way to do a thing, as opposed to a failure. */
final class CudnnRefusal {
    /** Codes of cuDNN 9 come in thousands: bad parameters, not supported. */
    private static final int THOUSAND = 1000;

    private CudnnRefusal() {}

    /** Whether cuDNN, in whatever version, says that it cannot do it. */
    static boolean isOne(CudaException failure) {
        int kind = failure.status() / THOUSAND;
        return kind == Cudnn.CUDNN_STATUS_BAD_PARAM() / THOUSAND
                || kind == Cudnn.CUDNN_STATUS_NOT_SUPPORTED() / THOUSAND;
    }

    /** That heuristics found nothing. */
    static CudaException noEngine(String pass) {
        return new CudaException("cudnn: no engine takes the " + pass + " pass", Cudnn.CUDNN_STATUS_NOT_SUPPORTED());
    }
}
