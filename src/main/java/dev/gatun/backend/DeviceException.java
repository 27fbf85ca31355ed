package dev.gatun.backend;

/** A device, or the libraries that drive it, could not do what was asked; the message names the call, its outcome and what may help. */
public class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With what happened. */
    public DeviceException(String message) {
        super(message);
    }

    /** With what happened and why. */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
