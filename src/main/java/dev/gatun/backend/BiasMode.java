package dev.gatun.backend;

/** Which biases a recurrent layer has. */
public enum BiasMode {
    /** None. */
    NONE,
    /** bias_ih alone, as the textbooks have it. */
    SINGLE,
    /** bias_ih and bias_hh, as PyTorch and cuDNN have by default. */
    DOUBLE
}
