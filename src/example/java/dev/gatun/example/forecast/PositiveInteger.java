package dev.gatun.example.forecast;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Takes whole numbers from 1 on.
final class PositiveInteger implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with 0 and negative numbers.
        }
        throw new TypeConversionException("'" + text + "' is not a whole number from 1 on");
    }
}
