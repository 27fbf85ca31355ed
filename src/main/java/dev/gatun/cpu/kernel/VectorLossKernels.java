package dev.gatun.cpu.kernel;

import dev.gatun.backend.PointwiseLoss;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Losses of single elements in the Vector API, copied by {@link Specialization} for each species. Runs are whole vectors. */
final class VectorLossKernels implements LossKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final VectorMath MATH = VectorMath.of(SPECIES);

    VectorLossKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
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
        switch (loss) {
            case SQUARED -> squared(x, xAt, target, targetAt, y, yAt, n);
            case ABSOLUTE -> absolute(x, xAt, target, targetAt, y, yAt, n);
            case HUBER -> huber((float) parameter, x, xAt, target, targetAt, y, yAt, n);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> binaryCrossEntropy(x, xAt, target, targetAt, y, yAt, n);
        }
    }

    private static void squared(
            MemorySegment x, long xAt, MemorySegment t, long tAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = load(x, xAt + i).sub(load(t, tAt + i));
            store(error.mul(error), y, yAt + i);
        }
    }

    private static void absolute(
            MemorySegment x, long xAt, MemorySegment t, long tAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).sub(load(t, tAt + i)).abs(), y, yAt + i);
        }
    }

    private static void huber(
            float delta, MemorySegment x, long xAt, MemorySegment t, long tAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = load(x, xAt + i).sub(load(t, tAt + i)).abs();
            FloatVector far = error.sub(0.5f * delta).mul(delta);
            VectorMask<Float> near = error.compare(VectorOperators.LE, delta);
            store(far.blend(error.mul(error).mul(0.5f), near), y, yAt + i);
        }
    }

    private static void binaryCrossEntropy(
            MemorySegment x, long xAt, MemorySegment t, long tAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector logit = load(x, xAt + i);
            FloatVector positive = logit.blend(0f, logit.compare(VectorOperators.LT, 0f));
            FloatVector tail = MATH.log1pOfUnit(MATH.expOfMinus(logit));
            store(logit.neg().fma(load(t, tAt + i), positive).add(tail), y, yAt + i);
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
        switch (loss) {
            case SQUARED -> squaredBackward(x, xAt, target, targetAt, dy, dyAt, dx, dxAt, n);
            case ABSOLUTE -> absoluteBackward(x, xAt, target, targetAt, dy, dyAt, dx, dxAt, n);
            case HUBER -> huberBackward((float) parameter, x, xAt, target, targetAt, dy, dyAt, dx, dxAt, n);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS ->
                binaryCrossEntropyBackward(x, xAt, target, targetAt, dy, dyAt, dx, dxAt, n);
        }
    }

    private static void squaredBackward(
            MemorySegment x,
            long xAt,
            MemorySegment t,
            long tAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = load(x, xAt + i).sub(load(t, tAt + i));
            store(load(dy, dyAt + i).mul(error).mul(2f), dx, dxAt + i);
        }
    }

    /** 1, −1, or x itself where that is ±0 or NaN. */
    private static FloatVector sign(FloatVector x) {
        FloatVector positive = x.blend(1f, x.compare(VectorOperators.GT, 0f));
        return positive.blend(-1f, x.compare(VectorOperators.LT, 0f));
    }

    private static void absoluteBackward(
            MemorySegment x,
            long xAt,
            MemorySegment t,
            long tAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = load(x, xAt + i).sub(load(t, tAt + i));
            store(load(dy, dyAt + i).mul(sign(error)), dx, dxAt + i);
        }
    }

    private static void huberBackward(
            float delta,
            MemorySegment x,
            long xAt,
            MemorySegment t,
            long tAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = load(x, xAt + i).sub(load(t, tAt + i));
            error = error.blend(-delta, error.compare(VectorOperators.LT, -delta));
            error = error.blend(delta, error.compare(VectorOperators.GT, delta));
            store(load(dy, dyAt + i).mul(error), dx, dxAt + i);
        }
    }

    private static void binaryCrossEntropyBackward(
            MemorySegment x,
            long xAt,
            MemorySegment t,
            long tAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector error = MATH.sigmoid(load(x, xAt + i)).sub(load(t, tAt + i));
            store(load(dy, dyAt + i).mul(error), dx, dxAt + i);
        }
    }
}
