package dev.gatun.cpu.kernel;

import static dev.gatun.cpu.kernel.VectorMath.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of the form x · gate(x) on F32 vectors, and their derivatives. Numbers beyond the point where a gate is 0 or 1 are drawn
 * in to it, so that no infinity meets a zero.
 */
final class VectorGates {
    private static final float DENSITY_AT_0 = 0.3989422804f;

    /** 2 √(2/π), the slope of GELU_TANH's gate at 0, and the same times its cubic coefficient. */
    private static final float SLOPE = 1.5957691216f;

    private static final float CUBIC = 0.0713548162726f;

    /** From here on the gates of both GELUs are 0 or 1. */
    private static final float GELU_SATURATED = 20f;

    /** From here on sigmoid is 0 or 1, and so is x times its tail. */
    private static final float SIGMOID_SATURATED = 120f;

    private VectorGates() {}

    private static FloatVector atLeast(float low, FloatVector x) {
        return x.blend(low, x.compare(VectorOperators.LT, low));
    }

    private static FloatVector within(float bound, FloatVector x) {
        FloatVector raised = atLeast(-bound, x);
        return raised.blend(bound, raised.compare(VectorOperators.GT, bound));
    }

    /** 1, −1, or x itself where that is ±0 or NaN. */
    static FloatVector sign(FloatVector x) {
        return x.blend(1f, x.compare(VectorOperators.GT, 0f)).blend(-1f, x.compare(VectorOperators.LT, 0f));
    }

    /** x Φ(x). */
    static FloatVector gelu(FloatVector x) {
        FloatVector near = within(GELU_SATURATED, x);
        return atLeast(-GELU_SATURATED, x).mul(VectorMath.normal(near, VectorMath.bell(near)));
    }

    /** Φ(x) + x φ(x). */
    static FloatVector geluDerivative(FloatVector x) {
        FloatVector near = within(GELU_SATURATED, x);
        FloatVector bell = VectorMath.bell(near);
        return near.mul(bell).fma(broadcast(x, DENSITY_AT_0), VectorMath.normal(near, bell));
    }

    /** x σ(2u), with u = √(2/π) (x + 0.044715 x³). */
    static FloatVector geluTanh(FloatVector x) {
        FloatVector near = within(GELU_SATURATED, x);
        return atLeast(-GELU_SATURATED, x).mul(VectorMath.sigmoid(twiceU(near)));
    }

    private static FloatVector twiceU(FloatVector x) {
        return x.mul(x).fma(broadcast(x, CUBIC), broadcast(x, SLOPE)).mul(x);
    }

    /** σ(2u) + x σ(2u) σ(−2u) 2u′. */
    static FloatVector geluTanhDerivative(FloatVector x) {
        FloatVector near = within(GELU_SATURATED, x);
        FloatVector slope = near.mul(near).fma(broadcast(x, 3 * CUBIC), broadcast(x, SLOPE));
        return gateDerivative(twiceU(near), near.mul(slope));
    }

    /** x σ(x). */
    static FloatVector silu(FloatVector x) {
        FloatVector raised = atLeast(-SIGMOID_SATURATED, x);
        return raised.mul(VectorMath.sigmoid(raised));
    }

    /** σ(x) + x σ(x) σ(−x). */
    static FloatVector siluDerivative(FloatVector x) {
        FloatVector near = within(SIGMOID_SATURATED, x);
        return gateDerivative(near, near);
    }

    /** σ(v) + factor σ(v) σ(−v), neither tail of which cancels. */
    private static FloatVector gateDerivative(FloatVector v, FloatVector factor) {
        FloatVector e = VectorMath.exp(v.abs().neg());
        FloatVector larger = broadcast(v, 1f).div(e.add(1f));
        FloatVector smaller = e.mul(larger);
        FloatVector gate = larger.blend(smaller, v.compare(VectorOperators.LT, 0f));
        return larger.mul(smaller).fma(factor, gate);
    }
}
