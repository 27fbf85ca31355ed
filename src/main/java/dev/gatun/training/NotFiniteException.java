package dev.gatun.training;

/** A loss or a gradient that is infinite or not a number; training ended before it reached the parameters. */
public final class NotFiniteException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NotFiniteException(String message) {
        super(message);
    }
}
