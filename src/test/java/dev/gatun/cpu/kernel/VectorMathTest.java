package dev.gatun.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares with Java's functions in double over numbers of every sign and size, evenly spread over their bit patterns. */
class VectorMathTest {
    private static final int STEP = 100_003;
    private static final float[] SPECIALS = {
        0f,
        -0f,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        17f,
        -17f,
        88f,
        -88.37626f,
        -88.37628f,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        1,
        -1,
        88.722f,
        88.723f,
        89,
        -87.33f,
        -103.97f,
        -104,
        -105,
        9.01f,
        9.02f,
        9.03f,
        -8.7e6f,
        8.7e6f,
        1e30f,
        -1e30f
    };

    private static VectorSpecies<Float> species(int bits) {
        return VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void exp(int bits) {
        check("exp", bits, 2, VectorMath.of(species(bits))::exp, Math::exp);
    }

    /** The exponential of weights, which has no numbers below the normal ones. */
    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void weight(int bits) {
        float lowest = -0x1.5d589ep6f;
        float[] edges = {
            0f,
            -0f,
            Float.NEGATIVE_INFINITY,
            Float.NaN,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            88f,
            lowest,
            Math.nextUp(lowest),
            Math.nextDown(lowest),
            -104f,
            -1e30f
        };
        for (float[] inputs : new float[][] {edges, floats(x -> x <= 88 || Double.isNaN(x))}) {
            float[] results = apply(species(bits), inputs, VectorMath.of(species(bits))::weight);
            for (int i = 0; i < inputs.length; i++) {
                double exact = Math.exp(inputs[i]);
                check("weight", 2, inputs[i], exact < Float.MIN_NORMAL ? 0 : exact, results[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void sigmoid(int bits) {
        check(
                "sigmoid",
                bits,
                3,
                VectorMath.of(species(bits))::sigmoid,
                x -> x < -88.37627 ? 0 : 1 / (1 + Math.exp(-x)));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void tanh(int bits) {
        check("tanh", bits, 4, VectorMath.of(species(bits))::tanh, Math::tanh);
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void log(int bits) {
        check("log", bits, 1, VectorMath.of(species(bits))::log, Math::log);
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void log1pOfUnit(int bits) {
        float[] units = floats(x -> x >= 0 && x <= 1);
        float[] results = apply(species(bits), units, VectorMath.of(species(bits))::log1pOfUnit);
        for (int i = 0; i < units.length; i++) {
            check("log1p", 2, units[i], Math.log1p(units[i]), results[i]);
        }
    }

    /** Φ and its density, whose tails are many orders of magnitude below 1. */
    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void normalDistribution(int bits) {
        float[] inputs = floats(x -> Math.abs(x) <= 14 && Math.abs(x) >= 1e-6);
        VectorMath math = VectorMath.of(species(bits));
        float[] bells = apply(species(bits), inputs, math::bell);
        float[] normals = apply(species(bits), inputs, x -> math.normal(x, math.bell(x)));
        for (int i = 0; i < inputs.length; i++) {
            double x = inputs[i];
            double bell = Math.exp(-x * x / 2);
            double normal = NormalDistribution.cumulative(x);
            if (bell > Float.MIN_NORMAL) {
                assertEquals(1, bells[i] / bell, 2e-7, "e^(−x²/2) at " + x);
            }
            if (normal > Float.MIN_NORMAL) {
                assertEquals(1, normals[i] / normal, 5e-7, "Φ at " + x);
            }
        }
    }

    private static void check(
            String name, int bits, double ulps, UnaryOperator<FloatVector> function, DoubleUnaryOperator exact) {
        for (float[] inputs : new float[][] {SPECIALS, floats(x -> !Float.isNaN(x))}) {
            float[] results = apply(species(bits), inputs, function);
            for (int i = 0; i < inputs.length; i++) {
                check(name, ulps, inputs[i], exact.applyAsDouble(inputs[i]), results[i]);
            }
        }
    }

    private static void check(String name, double ulps, float x, double expected, float actual) {
        float rounded = (float) expected;
        if (Float.isNaN(rounded) || Float.isInfinite(rounded) || rounded == 0) {
            assertEquals(
                    Float.floatToIntBits(rounded),
                    Float.floatToIntBits(actual),
                    name + " at " + x + " gives " + actual);
        } else {
            double off = Math.abs(actual - expected) / Math.ulp(rounded);
            assertTrue(off <= ulps, () -> name + " at " + x + " is " + actual + ", " + off + " ulp off " + expected);
        }
    }

    private interface FloatPredicate {
        boolean test(float x);
    }

    private static float[] floats(FloatPredicate domain) {
        double[] chosen = IntStream.range(0, (int) ((1L << 32) / STEP))
                .mapToObj(i -> Float.intBitsToFloat((int) ((long) i * STEP)))
                .filter(domain::test)
                .mapToDouble(x -> x)
                .toArray();
        float[] floats = new float[chosen.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) chosen[i];
        }
        return floats;
    }

    private static float[] apply(VectorSpecies<Float> species, float[] inputs, UnaryOperator<FloatVector> function) {
        float[] results = new float[inputs.length];
        for (int i = 0; i < inputs.length; i += species.length()) {
            var inRange = species.indexInRange(i, inputs.length);
            function.apply(FloatVector.fromArray(species, inputs, i, inRange)).intoArray(results, i, inRange);
        }
        return results;
    }
}
