package dev.gatun.cpu.kernel;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.cpu.gemm.Specialization;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of single elements of F32 in the Vector API: whole vectors in place, and the rest of a run as one vector more.
 * Sine and cosine are the scalar ones.
 */
final class VectorElementwiseKernels implements ElementwiseKernels {
    private final int lanes;
    private final UnaryKernels unary;
    private final UnaryKernels gates;
    private final ArithmeticKernels arithmetic;
    private final LossKernels losses;
    private final ElementwiseKernels scalar = new ScalarElementwiseKernels(DType.F32);

    VectorElementwiseKernels(VectorSpecies<Float> species) {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        this.lanes = species.length();
        this.unary = Specialization.of(lookup, VectorUnaryKernels.class, UnaryKernels.class, species);
        this.gates = Specialization.of(lookup, VectorGateKernels.class, UnaryKernels.class, species);
        this.arithmetic = Specialization.of(lookup, VectorArithmeticKernels.class, ArithmeticKernels.class, species);
        this.losses = Specialization.of(lookup, VectorLossKernels.class, LossKernels.class, species);
    }

    /** How many of n elements are in whole vectors. */
    private int whole(int n) {
        return n & -lanes;
    }

    private UnaryKernels kernels(UnaryFunction function) {
        return switch (function) {
            case GELU, GELU_TANH, SILU -> gates;
            default -> unary;
        };
    }

    private static boolean isScalar(UnaryFunction function) {
        return function == UnaryFunction.SIN || function == UnaryFunction.COS;
    }

    @Override
    public void unary(UnaryFunction function, MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        if (isScalar(function)) {
            scalar.unary(function, x, xAt, y, yAt, n);
            return;
        }
        int done = whole(n);
        UnaryKernels vectors = kernels(function);
        vectors.unary(function, x, xAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            rest.take(0, x, xAt + done, n - done);
            vectors.unary(function, room, 0, room, 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void unaryBackward(
            UnaryFunction function,
            MemorySegment x,
            long xAt,
            MemorySegment y,
            long yAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        if (isScalar(function)) {
            scalar.unaryBackward(function, x, xAt, y, yAt, dy, dyAt, dx, dxAt, n);
            return;
        }
        int done = whole(n);
        UnaryKernels vectors = kernels(function);
        vectors.unaryBackward(function, x, xAt, y, yAt, dy, dyAt, dx, dxAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            long xRest = rest.take(1, x, xAt + done, n - done);
            long yRest = rest.take(2, y, yAt + done, n - done);
            rest.take(0, dy, dyAt + done, n - done);
            vectors.unaryBackward(function, room, xRest, room, yRest, room, 0, room, 0, lanes);
            rest.give(dx, dxAt + done, n - done);
        }
    }

    @Override
    public void binary(
            BinaryFunction function,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        int done = whole(n);
        arithmetic.binary(function, a, aAt, b, bAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            rest.take(0, a, aAt + done, n - done);
            long bRest = rest.take(1, b, bAt + done, n - done);
            arithmetic.binary(function, room, 0, room, bRest, room, 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void compare(
            Comparison comparison,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        int done = whole(n);
        arithmetic.compare(comparison, a, aAt, b, bAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            long aRest = rest.take(1, a, aAt + done, n - done);
            long bRest = rest.take(2, b, bAt + done, n - done);
            arithmetic.compare(comparison, room, aRest, room, bRest, room, 0, lanes);
            rest.giveBool(y, yAt + done, n - done);
        }
    }

    @Override
    public void select(
            MemorySegment condition,
            long conditionAt,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        int done = whole(n);
        arithmetic.select(condition, conditionAt, a, aAt, b, bAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            rest.take(0, a, aAt + done, n - done);
            long bRest = rest.take(1, b, bAt + done, n - done);
            long conditionRest = rest.takeBool(2, condition, conditionAt + done, n - done);
            arithmetic.select(room, conditionRest, room, 0, room, bRest, room, 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void affine(MemorySegment x, long xAt, double scale, double shift, MemorySegment y, long yAt, int n) {
        int done = whole(n);
        arithmetic.affine(x, xAt, scale, shift, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            rest.take(0, x, xAt + done, n - done);
            arithmetic.affine(rest.room(), 0, scale, shift, rest.room(), 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void accumulate(MemorySegment x, long xAt, double factor, MemorySegment y, long yAt, int n) {
        int done = whole(n);
        arithmetic.accumulate(x, xAt, factor, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            rest.take(0, y, yAt + done, n - done);
            long xRest = rest.take(1, x, xAt + done, n - done);
            arithmetic.accumulate(rest.room(), xRest, factor, rest.room(), 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void clamp(MemorySegment x, long xAt, double low, double high, MemorySegment y, long yAt, int n) {
        int done = whole(n);
        arithmetic.clamp(x, xAt, low, high, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            rest.take(0, x, xAt + done, n - done);
            arithmetic.clamp(rest.room(), 0, low, high, rest.room(), 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void loss(
            PointwiseLoss loss,
            double parameter,
            MemorySegment x,
            long xAt,
            MemorySegment target,
            long targetAt,
            MemorySegment y,
            long yAt,
            int n) {
        int done = whole(n);
        losses.loss(loss, parameter, x, xAt, target, targetAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            rest.take(0, x, xAt + done, n - done);
            long targetRest = rest.take(1, target, targetAt + done, n - done);
            losses.loss(loss, parameter, room, 0, room, targetRest, room, 0, lanes);
            rest.give(y, yAt + done, n - done);
        }
    }

    @Override
    public void lossBackward(
            PointwiseLoss loss,
            double parameter,
            MemorySegment x,
            long xAt,
            MemorySegment target,
            long targetAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        int done = whole(n);
        losses.lossBackward(loss, parameter, x, xAt, target, targetAt, dy, dyAt, dx, dxAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            long xRest = rest.take(1, x, xAt + done, n - done);
            long targetRest = rest.take(2, target, targetAt + done, n - done);
            rest.take(0, dy, dyAt + done, n - done);
            losses.lossBackward(loss, parameter, room, xRest, room, targetRest, room, 0, room, 0, lanes);
            rest.give(dx, dxAt + done, n - done);
        }
    }
}
