package dev.gatun.backend.conformance;

import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/** The ways in which a test lays out a view, beside contiguously. */
public enum Arrangement {
    /** Without gaps, from the first element. */
    CONTIGUOUS,
    /** Without gaps, from an element that no vector is aligned to. */
    OFFSET,
    /** The last two axes exchanged in memory. */
    TRANSPOSED,
    /** Rows apart: a slice of a wider matrix. */
    SLICED,
    /** Neighbours apart: a slice of the last axis of one more. */
    SPACED;

    /** A layout of this kind. */
    public Layout layout(Shape shape) {
        int rank = shape.rank();
        return switch (this) {
            case CONTIGUOUS -> Layout.contiguous(shape);
            case OFFSET -> Layout.contiguous(shape, 3);
            case TRANSPOSED ->
                rank < 2
                        ? Layout.contiguous(shape, 1)
                        : Layout.contiguous(exchanged(shape)).transpose(-1, -2);
            case SLICED ->
                rank == 0
                        ? Layout.contiguous(shape, 5)
                        : Layout.contiguous(shape.with(-1, shape.size(-1) + 3)).slice(-1, 2, shape.size(-1) + 2);
            case SPACED -> Layout.contiguous(shape.concat(Shape.of(3))).select(-1, 1);
        };
    }

    private static Shape exchanged(Shape shape) {
        return shape.with(-1, shape.size(-2)).with(-2, shape.size(-1));
    }
}
