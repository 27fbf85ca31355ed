package dev.gatun.layout;

/** Shapes, axes or element types that do not fit an operation; the message names the operation and both sides. */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** An exception whose message reads {@code operation: problem}. */
    public ShapeException(String operation, String problem) {
        super(operation + ": " + problem);
    }
}
