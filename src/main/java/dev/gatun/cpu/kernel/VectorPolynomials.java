package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorMath} by minimax polynomials, fitted in 40 digits and then rounded; copied by {@link Specialization} for each species.
 * Numbers are vectors here because each one that is spread anew costs C2 hundreds of the nodes that it inlines up to.
 */
final class VectorPolynomials extends VectorMath {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final VectorSpecies<Integer> INTS =
            VectorSpecies.of(int.class, VectorShape.forBitSize(SPECIES.vectorBitSize()));

    private static final FloatVector ZERO = all(0f);
    private static final FloatVector ONE = all(1f);
    private static final FloatVector TWO = all(2f);
    private static final FloatVector HALF = all(0.5f);
    private static final IntVector MANTISSA_BITS = all(23);

    /** Adding it to a number rounds that to a whole number n; its lowest bits are n + 127, the exponent of 2ⁿ. */
    private static final FloatVector ROUNDER = all(0x1.8p23f + 127);

    private static final FloatVector LOG2_E = all(0x1.715476p0f);
    private static final FloatVector MINUS_LOG2_E = LOG2_E.neg();
    private static final FloatVector HALF_LOG2_E = all(0x1.715476p-1f);

    /** −ln 2 in two parts, the first with so few bits that small multiples of it are exact; and twice that. */
    private static final FloatVector LN2_HIGH = all(-0x1.62ep-1f);

    private static final FloatVector LN2_LOW = all(-0x1.0bfbe8p-15f);
    private static final FloatVector TWICE_LN2_HIGH = all(-0x1.62ep0f);
    private static final FloatVector TWICE_LN2_LOW = all(-0x1.0bfbe8p-14f);

    /** Beyond these, eˣ is 0 or ∞ in F32. */
    private static final FloatVector EXP_LOWEST = all(-104f);

    private static final FloatVector EXP_HIGHEST = all(89f);

    /** Just above ln 2⁻¹²⁶: below, eˣ is no normal number. */
    private static final FloatVector WEIGHT_LOWEST = all(-0x1.5d589ep6f);

    /** (eʳ − 1 − r) / r² for |r| ≤ ln 2. */
    private static final FloatVector E2 = all(0x1p-1f);

    private static final FloatVector E3 = all(0x1.555556p-3f);
    private static final FloatVector E4 = all(0x1.55550ap-5f);
    private static final FloatVector E5 = all(0x1.110a48p-7f);
    private static final FloatVector E6 = all(0x1.6c372ep-10f);
    private static final FloatVector E7 = all(0x1.a5be7ap-13f);
    private static final FloatVector E8 = all(0x1.9a069ep-16f);

    /** The same for |r| ≤ ½ ln 2. */
    private static final FloatVector D2 = all(0x1.fffffcp-2f);

    private static final FloatVector D3 = all(0x1.555492p-3f);
    private static final FloatVector D4 = all(0x1.5558f2p-5f);
    private static final FloatVector D5 = all(0x1.1239d4p-7f);
    private static final FloatVector D6 = all(0x1.6a2446p-10f);

    private static final FloatVector MINUS_D3 = D3.neg();
    private static final FloatVector MINUS_D5 = D5.neg();

    /** Beyond these σ(x) is taken as 0, which has lost no normal number, or is 1 in F32. */
    private static final FloatVector SIGMOID_LOWEST = all(-89f);

    private static final FloatVector SIGMOID_HIGHEST = all(88f);

    /** From here on tanh is 1 in F32. */
    private static final FloatVector TANH_SATURATED = all(9.02f);

    private static final IntVector SIGN = all(0x80000000);

    /** (ln (1 + f) / s − 2) / s² in s², for s = f / (2 + f) from 0 to 1/3. */
    private static final FloatVector L0 = all(0x1.5555p-1f);

    private static final FloatVector L1 = all(0x1.99d27ap-2f);
    private static final FloatVector L2 = all(0x1.1eb61ap-2f);
    private static final FloatVector L3 = all(0x1.1ef84ap-2f);

    /** The bits of √½. */
    private static final IntVector ROOT_HALF = all(0x3F3504F3);

    private static final FloatVector MIN_NORMAL = all(Float.MIN_NORMAL);
    private static final FloatVector INFINITY = all(Float.POSITIVE_INFINITY);

    /** e^(x²/2) Φ(−x) / t in t = 1 / (1 + 0.35 x), for x from 0 to 15. */
    private static final FloatVector N0 = all(0.13962125778198242f);

    private static final FloatVector N1 = all(0.13986432552337646f);
    private static final FloatVector N2 = all(0.11981561779975891f);
    private static final FloatVector N3 = all(0.10557428002357483f);
    private static final FloatVector N4 = all(-0.023262524977326393f);
    private static final FloatVector N5 = all(0.1593909114599228f);
    private static final FloatVector N6 = all(-0.2559000551700592f);
    private static final FloatVector N7 = all(0.1440598964691162f);
    private static final FloatVector N8 = all(-0.02916373312473297f);
    private static final FloatVector N_SCALE = all(0.35f);

    private static final FloatVector SUBNORMAL_SCALE = all(0x1p25f);
    private static final FloatVector SUBNORMAL_EXPONENT = all(25f);
    private static final FloatVector NAN = all(Float.NaN);
    private static final FloatVector MINUS_INFINITY = all(Float.NEGATIVE_INFINITY);
    private static final FloatVector MINUS_LN2_HIGH = LN2_HIGH.neg();
    private static final FloatVector MINUS_LN2_LOW = LN2_LOW.neg();
    private static final FloatVector MINUS_HALF = all(-0.5f);

    VectorPolynomials() {}

    private static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    private static IntVector all(int value) {
        return IntVector.broadcast(INTS, value);
    }

    @Override
    public FloatVector exp(FloatVector x) {
        FloatVector low = x.blend(EXP_LOWEST, x.compare(VectorOperators.LT, EXP_LOWEST));
        return expWithin(low.blend(EXP_HIGHEST, low.compare(VectorOperators.GT, EXP_HIGHEST)));
    }

    /** eˣ for x from −104 to 89: 2ⁿ · 2ⁿ · eʳ, so that results beyond the normal range are rounded once. */
    private static FloatVector expWithin(FloatVector x) {
        FloatVector shifted = x.fma(HALF_LOG2_E, ROUNDER);
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(TWICE_LN2_LOW, n.fma(TWICE_LN2_HIGH, x));
        FloatVector q =
                E8.fma(r, E7).fma(r, E6).fma(r, E5).fma(r, E4).fma(r, E3).fma(r, E2);
        FloatVector power = power(shifted);
        return q.fma(r.mul(r), r).add(ONE).mul(power).mul(power);
    }

    /** 2ⁿ · eʳ with |r| ≤ ½ ln 2. */
    @Override
    FloatVector weight(FloatVector x) {
        FloatVector shifted = x.fma(LOG2_E, ROUNDER);
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, x));
        FloatVector q = D6.fma(r, D5).fma(r, D4).fma(r, D3).fma(r, D2);
        FloatVector y = q.fma(r.mul(r), r).add(ONE).mul(power(shifted));
        return y.blend(ZERO, x.compare(VectorOperators.LT, WEIGHT_LOWEST));
    }

    /** 2ⁿ for what {@link #ROUNDER} has been added to. */
    private static FloatVector power(FloatVector shifted) {
        return shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, MANTISSA_BITS)
                .reinterpretAsFloats();
    }

    @Override
    FloatVector expOfMinus(FloatVector x) {
        FloatVector minus = x.reinterpretAsInts().or(SIGN).reinterpretAsFloats();
        return expWithin(minus.blend(EXP_LOWEST, minus.compare(VectorOperators.LT, EXP_LOWEST)));
    }

    /** 1 / (2⁻ⁿ · e⁻ʳ + 1), with |r| ≤ ½ ln 2 and n from −128 to 127, which make 2⁻ⁿ ∞ and 0. */
    @Override
    public FloatVector sigmoid(FloatVector x) {
        FloatVector low = x.blend(SIGMOID_LOWEST, x.compare(VectorOperators.LT, SIGMOID_LOWEST));
        FloatVector within = low.blend(SIGMOID_HIGHEST, low.compare(VectorOperators.GT, SIGMOID_HIGHEST));
        FloatVector shifted = within.fma(MINUS_LOG2_E, ROUNDER);
        FloatVector n = ROUNDER.sub(shifted);
        FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, within));
        FloatVector q = D6.fma(r, MINUS_D5).fma(r, D4).fma(r, MINUS_D3).fma(r, D2);
        return ONE.div(q.fma(r.mul(r), ONE.sub(r)).fma(power(shifted), ONE));
    }

    /** E / (E + 2) with E = e^2|x| − 1, and x's sign. */
    @Override
    public FloatVector tanh(FloatVector x) {
        IntVector sign = x.reinterpretAsInts().and(SIGN);
        FloatVector size = x.abs();
        FloatVector twice = size.add(size);
        FloatVector shifted = twice.fma(LOG2_E, ROUNDER);
        FloatVector n = shifted.sub(ROUNDER);
        FloatVector r = n.fma(LN2_LOW, n.fma(LN2_HIGH, twice));
        FloatVector q = D6.fma(r, D5).fma(r, D4).fma(r, D3).fma(r, D2);
        FloatVector power = power(shifted);
        FloatVector e = power.fma(q.fma(r.mul(r), r), power.sub(ONE));
        FloatVector y = e.div(e.add(TWO)).blend(ONE, size.compare(VectorOperators.GT, TANH_SATURATED));
        return y.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    @Override
    public FloatVector log(FloatVector x) {
        VectorMask<Float> subnormal = x.compare(VectorOperators.LT, MIN_NORMAL);
        IntVector bits = x.blend(x.mul(SUBNORMAL_SCALE), subnormal).reinterpretAsInts();
        // Taking √½ off the exponent's field leaves a mantissa from √½ to √2.
        IntVector exponent = bits.sub(ROOT_HALF).lanewise(VectorOperators.ASHR, MANTISSA_BITS);
        FloatVector f = bits.sub(exponent.lanewise(VectorOperators.LSHL, MANTISSA_BITS))
                .reinterpretAsFloats()
                .sub(ONE);
        FloatVector k = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
        k = k.blend(k.sub(SUBNORMAL_EXPONENT), subnormal);
        FloatVector y = k.fma(MINUS_LN2_HIGH, log1p(f, k.mul(MINUS_LN2_LOW)));
        y = y.blend(x, x.compare(VectorOperators.EQ, INFINITY));
        y = y.blend(NAN, x.compare(VectorOperators.GE, ZERO).not());
        return y.blend(MINUS_INFINITY, x.compare(VectorOperators.EQ, ZERO));
    }

    @Override
    public FloatVector log1pOfUnit(FloatVector x) {
        return log1p(x, ZERO);
    }

    /** ln (1 + f) + more for f from √½ − 1 to 1: f − (f²/2 − s (f²/2 + s² P(s²))) with s = f / (2 + f). */
    private static FloatVector log1p(FloatVector f, FloatVector more) {
        FloatVector s = f.div(f.add(TWO));
        FloatVector z = s.mul(s);
        FloatVector p = L3.fma(z, L2).fma(z, L1).fma(z, L0);
        FloatVector half = f.mul(f).mul(HALF);
        return f.sub(half.sub(s.fma(p.fma(z, half), more)));
    }

    /** The rounding of the square is made good. */
    @Override
    FloatVector bell(FloatVector x) {
        FloatVector square = x.mul(x);
        FloatVector lost = x.fma(x, square.neg());
        FloatVector exponent = square.mul(MINUS_HALF);
        FloatVector e = expWithin(exponent.blend(EXP_LOWEST, exponent.compare(VectorOperators.LT, EXP_LOWEST)));
        return e.fma(lost.mul(MINUS_HALF), e);
    }

    @Override
    FloatVector normal(FloatVector x, FloatVector bell) {
        FloatVector t = ONE.div(x.abs().fma(N_SCALE, ONE));
        FloatVector p = N8.fma(t, N7)
                .fma(t, N6)
                .fma(t, N5)
                .fma(t, N4)
                .fma(t, N3)
                .fma(t, N2)
                .fma(t, N1)
                .fma(t, N0);
        FloatVector tail = p.mul(t).mul(bell);
        return tail.blend(ONE.sub(tail), x.compare(VectorOperators.GE, ZERO));
    }
}
