package dev.gatun.cpu.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of F32 vectors, for ±0, ±∞, NaN and subnormal numbers too. Polynomials are minimax, fitted in 40 digits and then rounded.
 * Each call inlines into the loop around it: at most two in one method, or C2 gives up and boxes every vector.
 */
public final class VectorMath {
    private static final float LOG2_E = 1.442695041f;
    /** ln 2 in two parts; the first has so few bits that multiples of it up to 2¹⁰ are exact. */
    private static final float LN2_HIGH = 0x1.62ep-1f;

    private static final float LN2_LOW = 0x1.0bfbe8p-15f;

    /** Adding it rounds to whole numbers, which then stand in the low bits. */
    private static final float ROUNDER = 0x1.8p23f;

    private static final int ROUNDER_BITS = 0x4B400000;
    private static final int EXPONENT_BIAS = 127;
    private static final int MANTISSA_BITS = 23;
    private static final int SIGN = 0x80000000;

    /** Below it, eˣ is 0 in F32. */
    private static final float EXP_UNDERFLOW = -104f;

    /** From here on tanh is 1 in F32. */
    private static final float TANH_SATURATED = 9.02f;

    private VectorMath() {}

    /** eˣ, to 1 ulp. */
    public static FloatVector exp(FloatVector x) {
        IntVector n = x.mul(LOG2_E)
                .add(ROUNDER)
                .reinterpretAsInts()
                .sub(ROUNDER_BITS)
                .min(192)
                .max(-160);
        FloatVector whole = (FloatVector) n.convert(VectorOperators.I2F, 0);
        FloatVector r = remainder(x, whole);
        FloatVector p = expm1Polynomial(r).add(1f);
        // 2ⁿ in two factors, so that results under the normal range are rounded once and those over it become ∞.
        IntVector half = n.lanewise(VectorOperators.ASHR, 1);
        FloatVector y = p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
        return y.blend(0f, x.compare(VectorOperators.LT, EXP_UNDERFLOW));
    }

    /** x − n ln 2. */
    private static FloatVector remainder(FloatVector x, FloatVector n) {
        return n.fma(broadcast(x, -LN2_LOW), n.fma(broadcast(x, -LN2_HIGH), x));
    }

    /** eʳ − 1 for |r| ≤ ½ ln 2. */
    private static FloatVector expm1Polynomial(FloatVector r) {
        FloatVector q = r.fma(broadcast(r, 0x1.6a2446p-10f), broadcast(r, 0x1.1239d4p-7f));
        q = q.fma(r, broadcast(r, 0x1.5558f2p-5f));
        q = q.fma(r, broadcast(r, 0x1.555492p-3f));
        q = q.fma(r, broadcast(r, 0x1.fffffcp-2f));
        return q.fma(r.mul(r), r);
    }

    /** 2ⁿ for n from −126 to 127. */
    private static FloatVector powerOfTwo(IntVector n) {
        return n.add(EXPONENT_BIAS)
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                .reinterpretAsFloats();
    }

    /** 1 / (1 + e⁻ˣ), to 3 ulp, in the left tail too. */
    public static FloatVector sigmoid(FloatVector x) {
        FloatVector e = exp(x.abs().neg());
        FloatVector numerator = broadcast(x, 1f).blend(e, x.compare(VectorOperators.LT, 0f));
        return numerator.div(e.add(1f));
    }

    /** tanh x = E / (E + 2) with E = e^2|x| − 1, and x's sign; to 4 ulp. */
    public static FloatVector tanh(FloatVector x) {
        FloatVector size = x.abs();
        FloatVector twice = size.add(size);
        FloatVector shifted = twice.mul(LOG2_E).add(ROUNDER);
        FloatVector r = remainder(twice, shifted.sub(ROUNDER));
        FloatVector power = powerOfTwo(shifted.reinterpretAsInts().sub(ROUNDER_BITS));
        FloatVector e = power.fma(expm1Polynomial(r), power.sub(1f));
        FloatVector y = e.div(e.add(2f)).blend(1f, size.compare(VectorOperators.GT, TANH_SATURATED));
        IntVector sign = x.reinterpretAsInts().and(SIGN);
        return y.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** ln x, to 1 ulp; −∞ at 0, NaN below. */
    public static FloatVector log(FloatVector x) {
        VectorMask<Float> subnormal = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
        IntVector bits = x.blend(x.mul(0x1p25f), subnormal).reinterpretAsInts();
        // Taking √½ off the exponent's field leaves a mantissa from √½ to √2.
        IntVector offset = bits.sub(0x3F3504F3);
        IntVector exponent = offset.lanewise(VectorOperators.ASHR, MANTISSA_BITS);
        FloatVector f = bits.sub(exponent.lanewise(VectorOperators.LSHL, MANTISSA_BITS))
                .reinterpretAsFloats()
                .sub(1f);
        FloatVector k = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
        k = k.blend(k.sub(25f), subnormal);
        FloatVector y = k.fma(broadcast(x, LN2_HIGH), log1pPolynomial(f, k.mul(LN2_LOW)));
        y = y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0f));
        y = y.blend(x, x.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
        return y.blend(Float.NaN, x.compare(VectorOperators.LT, 0f).or(x.test(VectorOperators.IS_NAN)));
    }

    /** ln (1 + x) for x from 0 to 1, to 2 ulp. */
    public static FloatVector log1pOfUnit(FloatVector x) {
        return log1pPolynomial(x, broadcast(x, 0f));
    }

    /** ln (1 + f) + more for f from √½ − 1 to 1: f − (f²/2 − s (f²/2 + s² P(s²))) with s = f / (2 + f). */
    private static FloatVector log1pPolynomial(FloatVector f, FloatVector more) {
        FloatVector s = f.div(f.add(2f));
        FloatVector z = s.mul(s);
        FloatVector p = z.fma(broadcast(f, 0x1.1ef84ap-2f), broadcast(f, 0x1.1eb61ap-2f));
        p = p.fma(z, broadcast(f, 0x1.99d27ap-2f));
        p = p.fma(z, broadcast(f, 0x1.5555p-1f));
        FloatVector half = f.mul(f).mul(0.5f);
        return f.sub(half.sub(s.fma(p.fma(z, half), more)));
    }

    /** e^(−x²/2) for |x| ≤ 20, the rounding of the square made good. */
    static FloatVector bell(FloatVector x) {
        FloatVector square = x.mul(x);
        FloatVector lost = x.fma(x, square.neg());
        FloatVector e = exp(square.mul(-0.5f));
        return e.fma(lost.mul(-0.5f), e);
    }

    /** Φ(x) for |x| ≤ 20, given e^(−x²/2): relative error below 5·10⁻⁷, in the left tail too. */
    static FloatVector normal(FloatVector x, FloatVector bell) {
        FloatVector t = broadcast(x, 1f).div(x.abs().fma(broadcast(x, 0.35f), broadcast(x, 1f)));
        FloatVector p = t.fma(broadcast(t, -0.02916373312473297f), broadcast(t, 0.1440598964691162f));
        p = p.fma(t, broadcast(t, -0.2559000551700592f));
        p = p.fma(t, broadcast(t, 0.1593909114599228f));
        p = p.fma(t, broadcast(t, -0.023262524977326393f));
        p = p.fma(t, broadcast(t, 0.10557428002357483f));
        p = p.fma(t, broadcast(t, 0.11981561779975891f));
        p = p.fma(t, broadcast(t, 0.13986432552337646f));
        p = p.fma(t, broadcast(t, 0.13962125778198242f));
        FloatVector tail = p.mul(t).mul(bell);
        return tail.blend(broadcast(x, 1f).sub(tail), x.compare(VectorOperators.GE, 0f));
    }

    static FloatVector broadcast(FloatVector like, float value) {
        return FloatVector.broadcast(like.species(), value);
    }
}
