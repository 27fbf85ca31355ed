package dev.gatun;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.op.AffineOp;
import dev.gatun.op.ArgMaxOp;
import dev.gatun.op.BinaryOp;
import dev.gatun.op.CastOp;
import dev.gatun.op.ClampOp;
import dev.gatun.op.CompareOp;
import dev.gatun.op.MatmulOp;
import dev.gatun.op.ReduceOp;
import dev.gatun.op.UnaryOp;

/** Arithmetic of tensors. Operands broadcast as NumPy's do and have one type, F32 or F64. */
public sealed interface TensorMath permits Tensor {
    /** The tensor itself. */
    Tensor self();

    private Tensor scalar(double number) {
        return Tensor.full(self().device(), self().dtype(), Shape.SCALAR, number);
    }

    /** this + other. */
    default Tensor add(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.ADD), self(), other);
    }

    /** this + number. */
    default Tensor add(double number) {
        return Recorder.apply(new AffineOp(1, number), self());
    }

    /** this − other. */
    default Tensor subtract(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.SUBTRACT), self(), other);
    }

    /** this − number. */
    default Tensor subtract(double number) {
        return add(-number);
    }

    /** this · other, element by element. */
    default Tensor multiply(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.MULTIPLY), self(), other);
    }

    /** this · number. */
    default Tensor multiply(double number) {
        return Recorder.apply(new AffineOp(number, 0), self());
    }

    /** this / other, element by element. */
    default Tensor divide(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.DIVIDE), self(), other);
    }

    /** this / number. */
    default Tensor divide(double number) {
        return divide(scalar(number));
    }

    /** The larger of each pair. */
    default Tensor maximum(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.MAXIMUM), self(), other);
    }

    /** The smaller of each pair. */
    default Tensor minimum(Tensor other) {
        return Recorder.apply(new BinaryOp(BinaryFunction.MINIMUM), self(), other);
    }

    /** Every element limited to [low, high]. */
    default Tensor clamp(double low, double high) {
        return Recorder.apply(new ClampOp(low, high), self());
    }

    /** A function of every element. */
    default Tensor map(UnaryFunction function) {
        return Recorder.apply(new UnaryOp(function), self());
    }

    /** −this. */
    default Tensor negate() {
        return map(UnaryFunction.NEGATE);
    }

    /** |this|. */
    default Tensor abs() {
        return map(UnaryFunction.ABS);
    }

    /** e to the power of each element. */
    default Tensor exp() {
        return map(UnaryFunction.EXP);
    }

    /** The natural logarithm. */
    default Tensor log() {
        return map(UnaryFunction.LOG);
    }

    /** The square root. */
    default Tensor sqrt() {
        return map(UnaryFunction.SQRT);
    }

    /** The square. */
    default Tensor square() {
        return map(UnaryFunction.SQUARE);
    }

    /** The hyperbolic tangent. */
    default Tensor tanh() {
        return map(UnaryFunction.TANH);
    }

    /** 1 / (1 + e⁻ˣ). */
    default Tensor sigmoid() {
        return map(UnaryFunction.SIGMOID);
    }

    /** A BOOL tensor of how each pair compares. */
    default Tensor compare(Comparison comparison, Tensor other) {
        return Recorder.apply(new CompareOp(comparison), self(), other);
    }

    /** A BOOL tensor of how each element compares with a number. */
    default Tensor compare(Comparison comparison, double number) {
        return compare(comparison, scalar(number));
    }

    /**
     * The matrix product [..., m, k] × [..., k, n] = [..., m, n]; leading axes broadcast. Both operands have one type. BF16 and
     * F16 are summed in F32 and rounded once to their type, the product and its gradients alike, as PyTorch does.
     *
     * @throws dev.gatun.layout.ShapeException if an operand has fewer than two axes, is no floating-point number, or the inner sizes or the types differ
     */
    default Tensor matmul(Tensor other) {
        return Recorder.apply(new MatmulOp(), self(), other);
    }

    /** A reduction over some axes, all of them when none are named; reduced axes are gone. */
    default Tensor reduce(Reduction reduction, int... axes) {
        return Recorder.apply(ReduceOp.dropping(reduction, axes), self());
    }

    /** A reduction over some axes, all of them when none are named; reduced axes stay with size 1. */
    default Tensor reduceKeeping(Reduction reduction, int... axes) {
        return Recorder.apply(ReduceOp.keeping(reduction, axes), self());
    }

    /** The sum over some axes, all of them when none are named. */
    default Tensor sum(int... axes) {
        return reduce(Reduction.SUM, axes);
    }

    /** The mean over some axes, all of them when none are named. */
    default Tensor mean(int... axes) {
        return reduce(Reduction.MEAN, axes);
    }

    /** The largest over some axes, all of them when none are named; equals share the gradient. */
    default Tensor max(int... axes) {
        return reduce(Reduction.MAX, axes);
    }

    /** The smallest over some axes, all of them when none are named; equals share the gradient. */
    default Tensor min(int... axes) {
        return reduce(Reduction.MIN, axes);
    }

    /** The index of the largest element along the last axis, I64. */
    default Tensor argMax() {
        return Recorder.apply(new ArgMaxOp(), self());
    }

    /** The elements converted to another type; the tensor itself when it has that type. */
    default Tensor to(DType dtype) {
        return self().dtype() == dtype ? self() : Recorder.apply(new CastOp(dtype), self());
    }
}
