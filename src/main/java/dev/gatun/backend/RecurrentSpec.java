package dev.gatun.backend;

import dev.gatun.layout.ShapeException;

/**
 * A stack of recurrent layers.
 *
 * @param cell the recurrence
 * @param inputSize features of the first layer's input
 * @param hiddenSize features of each direction's hidden state
 * @param layers layers on top of each other; each reads both directions of the one below
 * @param bidirectional whether every layer also runs from the last step to the first
 * @param bias which biases there are
 * @param dropout share of each layer's output but the last's that is dropped while recording, 0 ≤ dropout &lt; 1
 */
public record RecurrentSpec(
        CellType cell,
        int inputSize,
        int hiddenSize,
        int layers,
        boolean bidirectional,
        BiasMode bias,
        double dropout) {
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
    }

    /** One layer in one direction, with both biases and no dropout. */
    public static RecurrentSpec of(CellType cell, int inputSize, int hiddenSize) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, 1, false, BiasMode.DOUBLE, 0);
    }

    /** With other cells. */
    public RecurrentSpec withCell(CellType other) {
        return new RecurrentSpec(other, inputSize, hiddenSize, layers, bidirectional, bias, dropout);
    }

    /** With so many layers. */
    public RecurrentSpec withLayers(int count) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, count, bidirectional, bias, dropout);
    }

    /** In both directions. */
    public RecurrentSpec withBothDirections() {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, true, bias, dropout);
    }

    /** With other biases. */
    public RecurrentSpec withBias(BiasMode mode) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, bidirectional, mode, dropout);
    }

    /** With dropout between layers. */
    public RecurrentSpec withDropout(double probability) {
        return new RecurrentSpec(cell, inputSize, hiddenSize, layers, bidirectional, bias, probability);
    }

    /** 2 when bidirectional, else 1. */
    public int directions() {
        return bidirectional ? 2 : 1;
    }

    /** Features of the stack's output: directions · hiddenSize. */
    public int outputSize() {
        return directions() * hiddenSize;
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
