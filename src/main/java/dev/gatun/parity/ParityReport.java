package dev.gatun.parity;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How far two devices are apart.
 *
 * @param differences of each output and gradient, in the order of computation
 */
public record ParityReport(List<Difference> differences) {
    /** The error of outputs that single precision explains, relative to a tensor's largest element. */
    public static final double OUTPUT_TOLERANCE = 1e-5;

    /** The error of gradients that single precision explains, relative to a tensor's largest element. */
    public static final double GRADIENT_TOLERANCE = 1e-4;

    /** Keeps a copy. */
    public ParityReport {
        differences = List.copyOf(differences);
    }

    /** What a tensor is in the run. */
    public enum Kind {
        /** A result of the forward pass. */
        OUTPUT,
        /** A result of the backward pass. */
        GRADIENT
    }

    /**
     * The error of one tensor.
     *
     * @param name such as {@code output y} or {@code gradient of weight_ih_l0}
     * @param kind output or gradient
     * @param largestDifference the largest absolute difference of two elements; infinite where only one is finite, or they differ and are not
     * @param largestElement the largest finite magnitude on the trusted device
     */
    public record Difference(String name, Kind kind, double largestDifference, double largestElement) {
        /** The largest difference relative to the largest element; where all elements are 0, the difference itself. */
        public double error() {
            return largestElement == 0 ? largestDifference : largestDifference / largestElement;
        }

        /** Name, largest difference, largest element, error. */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%-40s %9.2e of %9.2e: %8.1e", name, largestDifference, largestElement, error());
        }
    }

    /** The largest error of a kind; 0 where there is nothing of it. */
    public double error(Kind kind) {
        return differences.stream()
                .filter(difference -> difference.kind() == kind)
                .mapToDouble(Difference::error)
                .max()
                .orElse(0);
    }

    /** Those whose error is above the tolerance for their kind. */
    public List<Difference> above(double outputTolerance, double gradientTolerance) {
        return differences.stream()
                .filter(difference ->
                        difference.error() > (difference.kind() == Kind.OUTPUT ? outputTolerance : gradientTolerance))
                .toList();
    }

    /** Those whose error single precision does not explain. */
    public List<Difference> above() {
        return above(OUTPUT_TOLERANCE, GRADIENT_TOLERANCE);
    }

    /** A table, one difference a line. */
    @Override
    public String toString() {
        return differences.stream().map(Difference::toString).collect(Collectors.joining("\n"));
    }
}
