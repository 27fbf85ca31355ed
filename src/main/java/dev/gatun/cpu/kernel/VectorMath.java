package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of F32 vectors of one species, for ±0, ±∞, NaN and subnormal numbers too. Kept in a {@code static final} field, each call
 * inlines into the loop around it; C2 stops inlining, and boxes every vector, after two or three of them in one method.
 */
public abstract class VectorMath {
    private static final Map<VectorSpecies<Float>, VectorMath> BY_SPECIES = new ConcurrentHashMap<>();

    /** The functions of a species. */
    public static VectorMath of(VectorSpecies<Float> species) {
        return BY_SPECIES.computeIfAbsent(
                species,
                each -> Specialization.of(MethodHandles.lookup(), VectorPolynomials.class, VectorMath.class, each));
    }

    /** eˣ, to 2 ulp. */
    public abstract FloatVector exp(FloatVector x);

    /** eˣ for x ≤ 88, to 2 ulp, in less time; 0 where that is below the normal numbers. */
    abstract FloatVector weight(FloatVector x);

    /** 1 / (1 + e⁻ˣ), to 3 ulp, in the left tail too; 0 below −88.3763, where it is no normal number. */
    public abstract FloatVector sigmoid(FloatVector x);

    /** tanh x, to 4 ulp. */
    public abstract FloatVector tanh(FloatVector x);

    /** ln x, to 1 ulp; −∞ at 0, NaN below. */
    public abstract FloatVector log(FloatVector x);

    /** ln (1 + x) for x from 0 to 1, to 2 ulp. */
    public abstract FloatVector log1pOfUnit(FloatVector x);

    /** e^−|x|, to 2 ulp. */
    abstract FloatVector expOfMinus(FloatVector x);

    /** e^(−x²/2) for |x| ≤ 20, to 3 ulp. */
    abstract FloatVector bell(FloatVector x);

    /** Φ(x) for x ≥ −20, given e^(−x²/2): relative error below 5·10⁻⁷, in the left tail too. */
    abstract FloatVector normal(FloatVector x, FloatVector bell);
}
