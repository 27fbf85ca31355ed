package dev.gatun.backend.conformance;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.WeightLayout;
import java.util.HashMap;
import java.util.Map;

/// Recurrent stacks as the textbooks write them: one sequence after the other, one number after the other, in double.
/// Nothing is shared
/// with any backend.
public final class ReferenceRecurrent {
    private final RecurrentCall call;
    private final RecurrentSpec spec;
    private final WeightLayout layout;

    /// What a run gives: y [batch, steps, directions · stateSize], hn [layers · directions, batch, stateSize] and cn
    /// [layers ·
    /// directions, batch, hiddenSize].
    @SuppressWarnings("ArrayRecordComponent") // carries numbers, never compared
    public record Result(double[] y, double[] hn, double[] cn) {}

    /// A run whose weights are packed as a backend says.
    ReferenceRecurrent(RecurrentCall call, WeightLayout layout) {
        this.call = call;
        this.spec = call.spec();
        this.layout = layout;
    }

    Result run(double[] x, double[] h0, double[] c0, double[] weights) {
        int size = spec.stateSize();
        int cells = spec.hiddenSize();
        Result result = new Result(
                new double[call.batch() * call.steps() * spec.outputSize()],
                new double[h0.length],
                new double[c0.length]);
        for (int b = 0; b < call.batch(); b++) {
            int length = call.lengths() == null ? call.steps() : call.lengths()[b];
            double[][] sequence = new double[length][spec.inputSize()];
            for (int t = 0; t < length; t++) {
                System.arraycopy(x, (b * call.steps() + t) * spec.inputSize(), sequence[t], 0, spec.inputSize());
            }
            for (int layer = 0; layer < spec.layers(); layer++) {
                double[][] output = new double[length][spec.outputSize()];
                for (int d = 0; d < spec.directions(); d++) {
                    int at = (layer * spec.directions() + d) * call.batch() + b;
                    double[] h = new double[size];
                    double[] c = new double[cells];
                    System.arraycopy(h0, at * size, h, 0, size);
                    System.arraycopy(c0, at * cells, c, 0, cells);
                    Weights own = new Weights(layer, d, weights);
                    for (int i = 0; i < length; i++) {
                        int t = d == 0 ? i : length - 1 - i;
                        step(own, sequence[t], h, c);
                        System.arraycopy(h, 0, output[t], d * size, size);
                    }
                    System.arraycopy(h, 0, result.hn, at * size, size);
                    System.arraycopy(c, 0, result.cn, at * cells, cells);
                }
                sequence = output;
            }
            for (int t = 0; t < length; t++) {
                System.arraycopy(
                        sequence[t], 0, result.y, (b * call.steps() + t) * spec.outputSize(), spec.outputSize());
            }
        }
        return result;
    }

    private void step(Weights w, double[] x, double[] h, double[] c) {
        int n = spec.hiddenSize();
        double[] old = h.clone();
        switch (spec.cell()) {
            case RNN_TANH, RNN_RELU -> {
                for (int j = 0; j < n; j++) {
                    double a = w.input(j, x) + w.recurrent(j, old);
                    h[j] = spec.cell().name().endsWith("RELU") ? Math.max(0, a) : Math.tanh(a);
                }
            }
            case LSTM -> {
                double[] m = new double[n];
                for (int j = 0; j < n; j++) {
                    double i = sigmoid(w.input(j, x) + w.recurrent(j, old));
                    double f = sigmoid(w.input(n + j, x) + w.recurrent(n + j, old));
                    double g = Math.tanh(w.input(2 * n + j, x) + w.recurrent(2 * n + j, old));
                    double o = sigmoid(w.input(3 * n + j, x) + w.recurrent(3 * n + j, old));
                    c[j] = clipped(f * c[j] + i * g);
                    m[j] = o * Math.tanh(c[j]);
                }
                for (int j = 0; j < h.length; j++) {
                    h[j] = spec.projection() == 0 ? m[j] : w.projected(j, m);
                }
            }
            case GRU -> {
                for (int j = 0; j < n; j++) {
                    double r = sigmoid(w.input(j, x) + w.recurrent(j, old));
                    double z = sigmoid(w.input(n + j, x) + w.recurrent(n + j, old));
                    double candidate = Math.tanh(w.input(2 * n + j, x) + r * w.recurrent(2 * n + j, old));
                    h[j] = (1 - z) * candidate + z * old[j];
                }
            }
            case GRU_RESET_BEFORE -> {
                double[] reset = new double[n];
                for (int j = 0; j < n; j++) {
                    reset[j] = sigmoid(w.input(j, x) + w.recurrent(j, old)) * old[j];
                }
                for (int j = 0; j < n; j++) {
                    double z = sigmoid(w.input(n + j, x) + w.recurrent(n + j, old));
                    double candidate = Math.tanh(w.input(2 * n + j, x) + w.recurrent(2 * n + j, reset));
                    h[j] = (1 - z) * candidate + z * old[j];
                }
            }
        }
    }

    private double clipped(double c) {
        return c > spec.clip() ? spec.clip() : c < -spec.clip() ? -spec.clip() : c;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /// The weights of one layer and direction, found by PyTorch's names.
    private final class Weights {
        private final Map<String, Long> offsets = new HashMap<>();
        private final double[] packed;
        private final String suffix;
        private final int inputs;

        Weights(int layer, int direction, double[] packed) {
            this.packed = packed;
            this.suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
            this.inputs = layer == 0 ? spec.inputSize() : spec.outputSize();
            layout.entries()
                    .forEach(entry -> offsets.put(entry.name(), entry.layout().offset()));
        }

        /// Row of W_ih times x, plus b_ih.
        double input(int row, double[] x) {
            double bias = spec.bias() == BiasMode.NONE ? 0 : packed[at("bias_ih") + row];
            return bias + dot(at("weight_ih") + row * inputs, x);
        }

        /// Row of W_hh times h, plus b_hh.
        double recurrent(int row, double[] h) {
            double bias = spec.bias() == BiasMode.DOUBLE ? packed[at("bias_hh") + row] : 0;
            return bias + dot(at("weight_hh") + row * spec.stateSize(), h);
        }

        /// Row of W_hr times o tanh(c).
        double projected(int row, double[] m) {
            return dot(at("weight_hr") + row * spec.hiddenSize(), m);
        }

        private int at(String name) {
            return Math.toIntExact(offsets.get(name + suffix));
        }

        private double dot(int from, double[] x) {
            double sum = 0;
            for (int k = 0; k < x.length; k++) {
                sum += packed[from + k] * x[k];
            }
            return sum;
        }
    }
}
