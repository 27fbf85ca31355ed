package dev.gatun.backend.conformance;

import dev.gatun.backend.RandomStream;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Attention by its definition, element by element in double: [batch, heads, queries, keys] in loops, nothing skipped. */
final class AttentionReference {
    /** The sizes of one attention. */
    record Sizes(int batch, int heads, int queries, int keys, int headSize, int valueSize) {
        int scores() {
            return batch * heads * queries * keys;
        }
    }

    /** Numbers of a stream that were needed before: computing one takes long. */
    private static final Map<RandomStream, Map<Integer, Double>> UNITS = new ConcurrentHashMap<>();

    private final Sizes sizes;
    private final double scale;
    private final double[] bias;
    private final double[] factors;

    /** What the last {@link #run} found: y, the weights before dropout, and ln Σ exp. */
    final double[] y;

    final double[] weights;
    final double[] logSumExp;

    AttentionReference(Sizes sizes, double scale) {
        this.sizes = sizes;
        this.scale = scale;
        this.bias = new double[sizes.scores()];
        this.factors = new double[sizes.scores()];
        Arrays.fill(factors, 1);
        this.y = new double[sizes.batch * sizes.heads * sizes.queries * sizes.valueSize];
        this.weights = new double[sizes.scores()];
        this.logSumExp = new double[sizes.batch * sizes.heads * sizes.queries];
    }

    /** Blocks the keys after each query. */
    AttentionReference causal() {
        for (int at = 0; at < bias.length; at++) {
            if (at % sizes.keys > at / sizes.keys % sizes.queries) {
                bias[at] = Double.NEGATIVE_INFINITY;
            }
        }
        return this;
    }

    /** Adds a mask of full size. */
    AttentionReference adding(double[] mask) {
        for (int at = 0; at < bias.length; at++) {
            bias[at] += mask[at];
        }
        return this;
    }

    /** Blocks where a mask of full size is not 0. */
    AttentionReference blocking(double[] mask) {
        for (int at = 0; at < bias.length; at++) {
            if (mask[at] != 0) {
                bias[at] = Double.NEGATIVE_INFINITY;
            }
        }
        return this;
    }

    /** Blocks the keys [batch, keys] that are not 0. */
    AttentionReference padding(double[] keyPadding) {
        for (int at = 0; at < bias.length; at++) {
            int b = at / (sizes.heads * sizes.queries * sizes.keys);
            if (keyPadding[b * sizes.keys + at % sizes.keys] != 0) {
                bias[at] = Double.NEGATIVE_INFINITY;
            }
        }
        return this;
    }

    AttentionReference dropping(double p, RandomStream stream) {
        for (int at = 0; at < factors.length; at++) {
            double u = UNITS.computeIfAbsent(stream, key -> new ConcurrentHashMap<>())
                    .computeIfAbsent(at, i -> RandomConformanceTest.unit(stream, i));
            factors[at] = u >= p ? 1 / (1 - p) : 0;
        }
        return this;
    }

    /** Fills {@link #y}, {@link #weights} and {@link #logSumExp}. */
    AttentionReference run(double[] q, double[] k, double[] v) {
        Arrays.fill(y, 0);
        for (int row = 0; row < logSumExp.length; row++) {
            int head = row / sizes.queries;
            double sum = 0;
            for (int j = 0; j < sizes.keys; j++) {
                int at = row * sizes.keys + j;
                weights[at] = bias[at] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(score(q, k, row, head, j) + bias[at]);
                sum += weights[at];
            }
            logSumExp[row] = Math.log(sum);
            for (int j = 0; j < sizes.keys && sum > 0; j++) {
                int at = row * sizes.keys + j;
                weights[at] /= sum;
                for (int d = 0; d < sizes.valueSize; d++) {
                    y[row * sizes.valueSize + d] +=
                            weights[at] * factors[at] * v[(head * sizes.keys + j) * sizes.valueSize + d];
                }
            }
        }
        return this;
    }

    private double score(double[] q, double[] k, int row, int head, int j) {
        double sum = 0;
        for (int d = 0; d < sizes.headSize; d++) {
            sum += q[row * sizes.headSize + d] * k[(head * sizes.keys + j) * sizes.headSize + d];
        }
        return sum * scale;
    }

    /** Gradients with respect to q, k and v of Σ dy ⊙ y + Σ dweights ⊙ weights, after {@link #run} on the same operands. */
    double[][] gradients(double[] q, double[] k, double[] v, double[] dy, double @Nullable [] dweights) {
        double[] dq = new double[q.length];
        double[] dk = new double[k.length];
        double[] dv = new double[v.length];
        double[] dp = new double[sizes.keys];
        for (int row = 0; row < logSumExp.length; row++) {
            int head = row / sizes.queries;
            double mean = 0;
            for (int j = 0; j < sizes.keys; j++) {
                int at = row * sizes.keys + j;
                dp[j] = dweights == null ? 0 : dweights[at];
                for (int d = 0; d < sizes.valueSize; d++) {
                    int value = (head * sizes.keys + j) * sizes.valueSize + d;
                    double upstream = dy[row * sizes.valueSize + d];
                    dp[j] += factors[at] * upstream * v[value];
                    dv[value] += factors[at] * upstream * weights[at];
                }
                mean += weights[at] * dp[j];
            }
            for (int j = 0; j < sizes.keys; j++) {
                double ds = weights[row * sizes.keys + j] * (dp[j] - mean) * scale;
                for (int d = 0; d < sizes.headSize; d++) {
                    int key = (head * sizes.keys + j) * sizes.headSize + d;
                    dq[row * sizes.headSize + d] += ds * k[key];
                    dk[key] += ds * q[row * sizes.headSize + d];
                }
            }
        }
        return new double[][] {dq, dk, dv};
    }

    /** Σ dy ⊙ y + Σ dweights ⊙ weights: what the gradients under test are the gradients of. */
    double objective(double[] dy, double @Nullable [] dweights) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += dy[i] * y[i];
        }
        for (int i = 0; dweights != null && i < weights.length; i++) {
            sum += dweights[i] * weights[i];
        }
        return sum;
    }
}
