package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** Functions of single elements, one by one, in double. */
public final class ScalarElementwiseKernels implements ElementwiseKernels {
    private final Element element;

    /** Kernels for F32 or F64. */
    public ScalarElementwiseKernels(DType dtype) {
        this.element = Element.of(dtype);
    }

    @Override
    public void unary(UnaryFunction function, MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, ScalarFunctions.value(function, element.get(x, xAt + i)));
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
        for (int i = 0; i < n; i++) {
            double given = element.get(dy, dyAt + i);
            element.set(
                    dx,
                    dxAt + i,
                    ScalarFunctions.gradient(function, element.get(x, xAt + i), element.get(y, yAt + i), given));
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
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, ScalarFunctions.value(function, element.get(a, aAt + i), element.get(b, bAt + i)));
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
        for (int i = 0; i < n; i++) {
            boolean holds = ScalarFunctions.holds(comparison, element.get(a, aAt + i), element.get(b, bAt + i));
            y.set(JAVA_BYTE, yAt + i, (byte) (holds ? 1 : 0));
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
        for (int i = 0; i < n; i++) {
            boolean first = condition.get(JAVA_BYTE, conditionAt + i) != 0;
            element.set(y, yAt + i, first ? element.get(a, aAt + i) : element.get(b, bAt + i));
        }
    }

    @Override
    public void affine(MemorySegment x, long xAt, double scale, double shift, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, scale * element.get(x, xAt + i) + shift);
        }
    }

    @Override
    public void accumulate(MemorySegment x, long xAt, double factor, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, element.get(y, yAt + i) + factor * element.get(x, xAt + i));
        }
    }

    @Override
    public void clamp(MemorySegment x, long xAt, double low, double high, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i++) {
            double value = element.get(x, xAt + i);
            value = value < low ? low : value;
            element.set(y, yAt + i, value > high ? high : value);
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
        for (int i = 0; i < n; i++) {
            element.set(
                    y,
                    yAt + i,
                    ScalarFunctions.value(loss, parameter, element.get(x, xAt + i), element.get(target, targetAt + i)));
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
        for (int i = 0; i < n; i++) {
            double slope = ScalarFunctions.derivative(
                    loss, parameter, element.get(x, xAt + i), element.get(target, targetAt + i));
            element.set(dx, dxAt + i, element.get(dy, dyAt + i) * slope);
        }
    }
}
