package dev.gatun.cuda;

import dev.gatun.backend.DeviceException;

/** A call of one of NVIDIA's libraries failed: the message names the call, its status, the library's own words and, where one is known, a remedy. */
final class CudaException extends DeviceException {
    private static final long serialVersionUID = 1;

    private final int status;

    CudaException(String message, int status) {
        super(message);
        this.status = status;
    }

    /** What the call returned. */
    int status() {
        return status;
    }
}
