package dev.gatun.backend;

import dev.gatun.layout.ShapeException;

/**
 * A stack of recurrent layers.
 *
 * @param cell the recurrence
 * @param inputSize features of the first layer's input
 * @param hiddenSize features of each direction's gates, cell state and, where nothing projects it, hidden state
 * @param layers layers on top of each other; each reads both directions of the one below
 * @param bidirectional whether every layer also runs from the last step to the first
 * @param bias which biases there are
 * @param dropout share of each layer's output but the last's that is dropped while recording, 0 ≤ dropout &lt; 1
 * @param projection features to which each step of an LSTM projects what it puts out and carries on, 1 ≤ projection &lt; hiddenSize;
 *     0 for no projection
 * @param clip bound of an LSTM's cell state: c of every step is brought into [−clip, clip] before anything reads it, NaN stays NaN, and
 *     no gradient passes where |c| ≥ clip; the initial state is taken as it is. {@link #UNCLIPPED} for none
 */
public record RecurrentSpec(
        CellType cell,
        int inputSize,
        int hiddenSize,
        int layers,
        boolean bidirectional,
        BiasMode bias,
        double dropout,
        int projection,
        double clip) {
    /** The bound of cell states that are not clipped. */
    public static final double UNCLIPPED = Double.POSITIVE_INFINITY;

    /** Checks the sizes. */
    public RecurrentSpec {
        if (inputSize < 1 || hiddenSize < 1 || layers < 1) {
            throw new ShapeException(
                    cell.layer(),
                    "inputSize, hiddenSize and layers must be positive: " + inputSize + ", " + hiddenSize + ", "
                            + layers);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(cell.layer() + ": dropout must be in [0, 1): " + dropout);
        }
        if (projection < 0 || projection >= hiddenSize) {
            throw new ShapeException(
                    cell.layer(),
                    "projection must be from 1 to hiddenSize − 1, or 0 for none: " + projection + ", hiddenSize "
                            + hiddenSize);
        }
        if (!(clip > 0)) {
            throw new IllegalArgumentException(cell.layer() + ": clip must be positive: " + clip);
        }
        if (!cell.hasCell() && projection > 0) {
            throw new IllegalArgumentException(cell.layer() + ": has no projection, only an LSTM has: " + projection);
        }
        if (!cell.hasCell() && clip < UNCLIPPED) {
            throw new IllegalArgumentException(cell.layer() + ": has no cell state to clip, only an LSTM has: " + clip);
        }
    }

    /** One layer in one direction, with both biases and no dropout. */
    public static RecurrentSpec of(CellType cell, int inputSize, int hiddenSize) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, 1, false, BiasMode.DOUBLE, 0, 0, UNCLIPPED);
    }

    /** With other cells. */
    public RecurrentSpec withCell(CellType other) {
        return new RecurrentSpec(other, inputSize, hiddenSize, layers, bidirectional, bias, dropout, projection, clip);
    }

    /** With so many layers. */
    public RecurrentSpec withLayers(int count) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, count, bidirectional, bias, dropout, projection, clip);
    }

    /** In both directions. */
    public RecurrentSpec withBothDirections() {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, true, bias, dropout, projection, clip);
    }

    /** With other biases. */
    public RecurrentSpec withBias(BiasMode mode) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, bidirectional, mode, dropout, projection, clip);
    }

    /** With dropout between layers. */
    public RecurrentSpec withDropout(double probability) {
        return new RecurrentSpec(
                cell, inputSize, hiddenSize, layers, bidirectional, bias, probability, projection, clip);
    }

    /** An LSTM that projects what each step puts out and carries on to so many features; 0 for no projection. */
    public RecurrentSpec withProjection(int features) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, bidirectional, bias, dropout, features, clip);
    }

    /** An LSTM whose cell states stay within ± bound. */
    public RecurrentSpec withClip(double bound) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, bidirectional, bias, dropout, projection, bound);
    }

    /** 2 when bidirectional, else 1. */
    public int directions() {
        return bidirectional ? 2 : 1;
    }

    /** Features of each direction's hidden state: the projection's, where there is one, else hiddenSize. */
    public int stateSize() {
        return projection > 0 ? projection : hiddenSize;
    }

    /** Features of the stack's output: directions · stateSize. */
    public int outputSize() {
        return directions() * stateSize();
    }

    /** Features of a layer's input. */
    public int inputSize(int layer) {
        return layer == 0 ? inputSize : outputSize();
    }

    /** Rows of a weight matrix: gates · hiddenSize. */
    public int gateRows() {
        return cell.gates() * hiddenSize;
    }
}
