package dev.gatun.backend;

/** Which biases a recurrent layer has. */
public enum BiasMode {
    /** None. */
    NONE(0),
    /** bias_ih alone, as the textbooks have it. */
    SINGLE(1),
    /** bias_ih and bias_hh, as PyTorch and cuDNN have by default. */
    DOUBLE(2);

    private final int count;

    BiasMode(int count) {
        this.count = count;
    }

    /** How many biases each layer and direction has. */
    public int count() {
        return count;
    }
}
