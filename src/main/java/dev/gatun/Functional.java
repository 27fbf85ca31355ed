package dev.gatun;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.Shape;
import dev.gatun.op.AttentionOp;
import dev.gatun.op.CrossEntropyOp;
import dev.gatun.op.DropoutOp;
import dev.gatun.op.GatherOp;
import dev.gatun.op.LayerNormOp;
import dev.gatun.op.LinearOp;
import dev.gatun.op.LogSoftmaxOp;
import dev.gatun.op.PointwiseLossOp;
import dev.gatun.op.RecurrentOp;
import dev.gatun.op.SoftmaxOp;
import dev.gatun.op.WhereOp;
import org.jspecify.annotations.Nullable;

/** The operations of neural networks as functions of tensors; modules are these with parameters. Shapes are batch-first. */
public final class Functional {
    private Functional() {}

    /**
     * y = x · Wᵀ + b: x [..., inputs], weight [outputs, inputs], bias [outputs] or null, y [..., outputs], all of one type. BF16 and
     * F16 are summed in F32, bias included, and rounded once: {@code linear(x.to(BF16), weight.to(BF16), bias.to(BF16))}
     * on a tape gives F32 parameters F32 gradients.
     */
    public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
        return Recorder.apply(new LinearOp(null), x, weight, bias, null);
    }

    /** y = f(x · Wᵀ + b) as one operation, f being an activation; shapes as in {@link #linear(Tensor, Tensor, Tensor)}. */
    public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias, UnaryFunction activation) {
        return Recorder.apply(new LinearOp(activation), x, weight, bias, null);
    }

    /** y = residual + x · Wᵀ + b as one operation: residual and y [..., outputs], else as {@link #linear(Tensor, Tensor, Tensor)}. */
    public static Tensor addLinear(Tensor residual, Tensor x, Tensor weight, @Nullable Tensor bias) {
        return Recorder.apply(new LinearOp(null), x, weight, bias, residual);
    }

    /**
     * Rows of a table by index: table [rows, features], indices [...] of I32 or I64, y [..., features].
     *
     * @param paddingIndex a row that gets no gradient, or −1
     */
    public static Tensor embedding(Tensor table, Tensor indices, long paddingIndex) {
        return Recorder.apply(new GatherOp(paddingIndex), table, indices);
    }

    /** y = (x − mean) / √(variance + epsilon) · weight + bias over the last axes, of shape {@code features}. Ba, Kiros and Hinton 2016. */
    public static Tensor layerNorm(
            Tensor x, Shape features, @Nullable Tensor weight, @Nullable Tensor bias, double epsilon) {
        return Recorder.apply(new LayerNormOp(features, epsilon), x, weight, bias);
    }

    /** While a tape is open, each element is 0 with probability p, else x / (1 − p); otherwise x itself. Srivastava et al. 2014. */
    public static Tensor dropout(Tensor x, double p) {
        Tape tape = Tape.currentOrNull();
        if (tape == null || p == 0) {
            return x;
        }
        return Recorder.apply(new DropoutOp(p, tape.generator().draw(x.shape().elements())), x);
    }

    /** exp(x) / Σ exp(x) along the last axis. */
    public static Tensor softmax(Tensor x) {
        return Recorder.apply(new SoftmaxOp(), x);
    }

    /** x − ln Σ exp(x) along the last axis. */
    public static Tensor logSoftmax(Tensor x) {
        return Recorder.apply(new LogSoftmaxOp(), x);
    }

    /** max(x, 0). */
    public static Tensor relu(Tensor x) {
        return x.map(UnaryFunction.RELU);
    }

    /** x · Φ(x), with the error function. Hendrycks and Gimpel 2016. */
    public static Tensor gelu(Tensor x) {
        return x.map(UnaryFunction.GELU);
    }

    /** The approximation of {@link #gelu} by tanh. */
    public static Tensor geluTanh(Tensor x) {
        return x.map(UnaryFunction.GELU_TANH);
    }

    /** x · sigmoid(x). Elfwing et al. 2017. */
    public static Tensor silu(Tensor x) {
        return x.map(UnaryFunction.SILU);
    }

    /** condition ? a : b, element by element; the condition is BOOL. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        return Recorder.apply(new WhereOp(), condition, a, b);
    }

    /** What a recurrent stack gives: the outputs of all steps, and its final states, the cell state for an LSTM alone. */
    public record RecurrentResult(
            Tensor sequence, Tensor hidden, @Nullable Tensor cell) {}

    /**
     * A stack of recurrent layers. Dropout between layers happens while a tape is open.
     *
     * @param x [batch, steps, inputSize]
     * @param weights packed as the backend's {@code weightLayout} says
     * @param h0 initial hidden state [layers · directions, batch, stateSize], or null for zeros
     * @param c0 initial cell state of an LSTM [layers · directions, batch, hiddenSize]; null with h0
     * @param lengths steps of each sequence, 0 to steps, in any order; null when all are full. Outputs past a length are zero, and
     *     the final state is the one at the length
     */
    public static RecurrentResult recurrent(
            RecurrentSpec spec,
            Tensor x,
            Tensor weights,
            @Nullable Tensor h0,
            @Nullable Tensor c0,
            int @Nullable [] lengths) {
        int[] own = lengths == null ? null : lengths.clone();
        RecurrentOp op = new RecurrentOp(spec, own, recurrentDropout(spec, x));
        Tensor[] outputs = Recorder.applyAll(op, x, weights, h0, c0);
        return new RecurrentResult(outputs[0], outputs[1], outputs.length > 2 ? outputs[2] : null);
    }

    private static @Nullable RandomStream recurrentDropout(RecurrentSpec spec, Tensor x) {
        Tape tape = Tape.currentOrNull();
        if (tape == null || spec.dropout() == 0 || spec.layers() == 1 || x.rank() != 3) {
            return null;
        }
        long blocks = RecurrentCall.dropoutBlocks(spec, x.size(0), x.size(1));
        return tape.generator().draw(4 * blocks * (spec.layers() - 1));
    }

    /** A loss of each row and the weight the row has in a mean. */
    public record RowLosses(Tensor losses, Tensor weights) {}

    /** Cross entropy per row: logits [rows, classes], targets [rows] of I32 or I64, class weights [classes] or null. */
    public static RowLosses crossEntropy(
            Tensor logits, Tensor targets, @Nullable Tensor classWeights, CrossEntropyRule rule) {
        Tensor[] outputs = Recorder.applyAll(new CrossEntropyOp(rule), logits, targets, classWeights);
        return new RowLosses(outputs[0], outputs[1]);
    }

    /** A loss of each element; the parameter is Huber's δ. The target has x's shape and gets no gradient. */
    public static Tensor pointwiseLoss(PointwiseLoss loss, double parameter, Tensor x, Tensor target) {
        return Recorder.apply(new PointwiseLossOp(loss, parameter), x, target);
    }

    /**
     * Scaled dot-product attention (Vaswani et al. 2017): y = softmax(scale · q kᵀ + mask) v. Shapes: q [batch, heads, queries, headSize],
     * k [batch, heads, keys, headSize], v [batch, heads, keys, valueSize], y [batch, heads, queries, valueSize]. A query that may attend
     * to no key gets zeros.
     *
     * @param scale factor of the scores, usually 1 / √headSize
     * @param dropout probability with which a weight is dropped while a tape is open
     */
    public static Tensor attention(Tensor q, Tensor k, Tensor v, AttentionMask mask, double scale, double dropout) {
        return Recorder.apply(
                new AttentionOp(attentionCall(q, k, mask, scale, dropout)), q, k, v, mask.bias(), mask.keyPadding());
    }

    /** y and the weights of the values in it, before dropout: [batch, heads, queries, keys]. */
    public record WeightedAttention(Tensor y, Tensor weights) {}

    /** As {@link #attention}, with the attention weights, which take memory for every pair of query and key. */
    public static WeightedAttention attentionWithWeights(
            Tensor q, Tensor k, Tensor v, AttentionMask mask, double scale, double dropout) {
        AttentionOp op =
                new AttentionOp(attentionCall(q, k, mask, scale, dropout).withWeights());
        Tensor[] outputs = Recorder.applyAll(op, q, k, v, mask.bias(), mask.keyPadding());
        return new WeightedAttention(outputs[0], outputs[1]);
    }

    private static AttentionCall attentionCall(Tensor q, Tensor k, AttentionMask mask, double scale, double dropout) {
        Tape tape = Tape.currentOrNull();
        if (tape == null || dropout == 0 || q.rank() != 4 || k.rank() != 4) {
            return attentionCall(q, mask, scale, 0, null);
        }
        long weights = q.shape().without(3).elements() * k.size(2);
        return attentionCall(q, mask, scale, dropout, tape.generator().draw(weights));
    }

    private static AttentionCall attentionCall(
            Tensor q, AttentionMask mask, double scale, double dropout, @Nullable RandomStream stream) {
        return new AttentionCall(
                scale,
                mask.isCausal(),
                dropout,
                stream,
                false,
                mask.keyLengths(),
                q.device().precision());
    }
}
