package dev.gatun.example.forecast;

import java.util.function.DoublePredicate;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// The kinds of numbers that options take.
final class Numbers {
    private Numbers() {}

    /// 1, 2, and so on.
    static final class Count implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) number(text, "a whole number from 1 on", n -> n >= 1 && n == (int) n);
        }
    }

    /// More than 0.
    static final class Positive implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            return number(text, "a number above 0", n -> n > 0);
        }
    }

    /// 0 or more.
    static final class NotNegative implements ITypeConverter<Double> {
        @Override
        public Double convert(String text) {
            return number(text, "a number from 0 on", n -> n >= 0);
        }
    }

    private static double number(String text, String kind, DoublePredicate isOfKind) {
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number) && isOfKind.test(number)) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with numbers of another kind.
        }
        throw new TypeConversionException("'" + text + "' is not " + kind);
    }
}
