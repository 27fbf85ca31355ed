package dev.gatun.nn;

/** A file whose tensors are not a module's parameters; the message lists every name that is missing, unexpected or does not fit. */
public final class ParameterMismatchException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ParameterMismatchException(String message) {
        super(message);
    }
}
