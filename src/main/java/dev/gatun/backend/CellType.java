package dev.gatun.backend;

/** The recurrences, each with its gates in the order in which weights hold them (PyTorch's). */
public enum CellType {
    /** h′ = tanh(W x + b + R h + c). Elman 1990. */
    RNN_TANH(1),
    /** h′ = max(0, W x + b + R h + c). */
    RNN_RELU(1),
    /** Gates i, f, g, o: c′ = σ(f) c + σ(i) tanh(g), h′ = σ(o) tanh(c′). Hochreiter and Schmidhuber 1997, Gers et al. 2000. */
    LSTM(4),
    /** Gates r, z, n, reset after the product: h′ = (1 − z) tanh(Wₙ x + bₙ + r (Rₙ h + cₙ)) + z h. Cho et al. 2014, as in cuDNN and PyTorch. */
    GRU(3),
    /** Gates r, z, n, reset before the product: h′ = (1 − z) tanh(Wₙ x + bₙ + Rₙ (r h) + cₙ) + z h. Cho et al. 2014. */
    GRU_RESET_BEFORE(3);

    private final int gates;

    CellType(int gates) {
        this.gates = gates;
    }

    /** How errors call a layer of such cells: {@code rnn}, {@code lstm} or {@code gru}. */
    public String layer() {
        return switch (this) {
            case RNN_TANH, RNN_RELU -> "rnn";
            case LSTM -> "lstm";
            case GRU, GRU_RESET_BEFORE -> "gru";
        };
    }

    /** How many blocks of hiddenSize rows a weight matrix has. */
    public int gates() {
        return gates;
    }

    /** Whether a cell state is carried beside the hidden state. */
    public boolean hasCell() {
        return this == LSTM;
    }
}
