package dev.gatun.io;

import dev.gatun.layout.Shape;
import java.util.List;
import java.util.Optional;

/** Axis sizes as a file declares them, checked before anybody computes with them. */
final class DeclaredShape {
    /** As many axes as NumPy has at most; PyTorch has no more. */
    private static final int AXES = 64;

    private DeclaredShape() {}

    /** What keeps the sizes from being a shape, or nothing. Zeros do not hide an overflow, as strides multiply the other sizes. */
    static Optional<String> problem(List<Long> sizes) {
        if (sizes.size() > AXES) {
            return Optional.of("shape has " + sizes.size() + " axes, expected at most " + AXES);
        }
        long elements = 1;
        for (long size : sizes) {
            if (size < 0 || size > Integer.MAX_VALUE) {
                return Optional.of("shape " + sizes + ": expected sizes from 0 to " + Integer.MAX_VALUE);
            }
            long factor = Math.max(size, 1);
            if (elements > Long.MAX_VALUE / Double.BYTES / factor) {
                return Optional.of("shape " + sizes + " has more elements than 64-bit addresses reach");
            }
            elements *= factor;
        }
        return Optional.empty();
    }

    /** The shape of sizes that have no problem. */
    static Shape of(List<Long> sizes) {
        return Shape.of(sizes.stream().mapToInt(Math::toIntExact).toArray());
    }
}
