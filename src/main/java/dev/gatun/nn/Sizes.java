package dev.gatun.nn;

import dev.gatun.backend.RecurrentSpec;

/** What configurations demand of their numbers. */
final class Sizes {
    private Sizes() {}

    static void positive(String module, String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(module + ": " + name + " must be positive, was given " + value);
        }
    }

    static void probability(String module, String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(module + ": " + name + " must be in [0, 1), was given " + value);
        }
    }

    static void positive(String module, String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(module + ": " + name + " must be positive, was given " + value);
        }
    }

    static void layer(String module, RecurrentSpec spec) {
        if (!spec.cell().layer().equals(module)) {
            throw new IllegalArgumentException(module + ": was given the cells of another module, " + spec.cell());
        }
    }
}
