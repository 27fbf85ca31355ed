package dev.gatun.example.forecast;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Takes finite numbers above 0.
final class PositiveNumber implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
        try {
            double number = Double.parseDouble(text);
            if (number > 0 && Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with 0, negative and infinite numbers.
        }
        throw new TypeConversionException("'" + text + "' is not a number above 0");
    }
}
