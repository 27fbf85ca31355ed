package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.gatun.layout.DType;

/** Compares results with what they should be, counted in units in the last place (ulp) of their type. */
public final class Tolerance {
    private Tolerance() {}

    /**
     * Every element within so many ulp of its expectation; NaN must meet NaN, infinities and the sign of zeros must agree.
     *
     * @param expected exact to many more digits than the type has
     */
    public static void assertUlps(DType dtype, double ulps, double[] expected, double[] actual, String what) {
        if (expected.length != actual.length) {
            fail(what + ": expected " + expected.length + " elements, got " + actual.length);
        }
        for (int i = 0; i < expected.length; i++) {
            if (!isWithin(expected[i], actual[i], ulps * ulp(dtype, expected[i]), dtype)) {
                double off = Math.abs(actual[i] - expected[i]) / ulp(dtype, expected[i]);
                fail(what + ": element " + i + " of " + expected.length + " is " + actual[i] + ", expected "
                        + expected[i] + ": " + off + " ulp off, allowed are " + ulps);
            }
        }
    }

    /** As {@link #assertUlps}, or else within an absolute distance, for results of which parts cancel. */
    public static void assertClose(
            DType dtype, double ulps, double distance, double[] expected, double[] actual, String what) {
        if (expected.length != actual.length) {
            fail(what + ": expected " + expected.length + " elements, got " + actual.length);
        }
        for (int i = 0; i < expected.length; i++) {
            boolean near = Math.abs(expected[i] - actual[i]) <= distance;
            if (!near && !isWithin(expected[i], actual[i], ulps * ulp(dtype, expected[i]), dtype)) {
                fail(what + ": element " + i + " of " + expected.length + " is " + actual[i] + ", expected "
                        + expected[i] + "; allowed are " + ulps + " ulp or " + distance);
            }
        }
    }

    /**
     * Every element as the sum of terms in a wider type, which is within a distance of what it should be, rounds to its type: half a
     * unit in its last place may come on top.
     */
    public static void assertRounded(DType dtype, double distance, double[] expected, double[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            double allowed = distance + 0.5 * ulp(dtype, Math.abs(expected[i]) + distance);
            if (!(Math.abs(expected[i] - actual[i]) <= allowed)) {
                fail(what + ": element " + i + " of " + expected.length + " is " + actual[i] + ", expected "
                        + expected[i] + "; allowed is a difference of " + allowed);
            }
        }
    }

    private static boolean isWithin(double expected, double actual, double distance, DType dtype) {
        double rounded = dtype == DType.F32 ? (float) expected : expected;
        if (Double.isNaN(rounded) || Double.isInfinite(rounded) || rounded == 0) {
            return Double.compare(rounded, actual) == 0 || rounded == 0 && actual != 0 && Math.abs(actual) <= distance;
        }
        return Math.abs(expected - actual) <= distance;
    }

    /** The distance of neighbouring numbers of a type at a place. */
    public static double ulp(DType dtype, double at) {
        return switch (dtype) {
            case F32 -> Math.ulp((float) at);
            case BF16 -> Math.max(0x1p16 * Math.ulp((float) at), 0x1p-133);
            case F16 -> Math.max(0x1p13 * Math.ulp((float) at), 0x1p-24);
            default -> Math.ulp(at);
        };
    }
}
