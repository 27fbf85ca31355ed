package dev.gatun.backend;

/** A device has no memory left, even after everything that nobody uses was given back; says how much was asked for and what is held. */
public final class OutOfDeviceMemoryException extends DeviceException {
    private static final long serialVersionUID = 1;

    /** With what was asked for and what there is. */
    public OutOfDeviceMemoryException(String message) {
        super(message);
    }
}
