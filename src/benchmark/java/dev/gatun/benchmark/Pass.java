package dev.gatun.benchmark;

import java.util.Locale;

/** What is done with a case. */
enum Pass {
    /** A forward pass. */
    INFERENCE,
    /** A forward pass and the gradients of all parameters and inputs; where an optimiser belongs to the case, its step too. */
    TRAINING;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
