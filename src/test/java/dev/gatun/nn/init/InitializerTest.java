package dev.gatun.nn.init;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(MemoryLeakExtension.class)
class InitializerTest {
    private static final Device CPU = Device.cpu();

    private static double[] values(Initializer initializer, int... sizes) {
        try (Scope _ = Scope.open()) {
            return initializer.values(CPU, Shape.of(sizes), Generator.seeded(4)).toDoubles();
        }
    }

    /// Mean 0, the variance of a uniform distribution, nothing outside and something near the ends.
    private static void assertUniform(double bound, double[] values) {
        assertTrue(Arrays.stream(values).allMatch(v -> Math.abs(v) <= bound), "within " + bound);
        assertTrue(Arrays.stream(values).anyMatch(v -> Math.abs(v) > 0.99 * bound), "up to " + bound);
        assertDeviation(bound / Math.sqrt(3), values);
    }

    private static void assertDeviation(double deviation, double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double square = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
        assertEquals(0, mean, 4 * deviation / Math.sqrt(values.length));
        assertEquals(deviation, Math.sqrt(square), 0.05 * deviation);
    }

    @Test
    void xavierCountsInputsAndOutputs() {
        assertUniform(Math.sqrt(6.0 / (30 + 90)), values(Initializer.xavierUniform(1), 90, 30));
        assertUniform(5.0 / 3 * Math.sqrt(6.0 / (30 + 90)), values(Initializer.xavierUniform(5.0 / 3), 90, 30));
        assertDeviation(Math.sqrt(2.0 / (30 + 90)), values(Initializer.xavierNormal(1), 90, 30));
        assertUniform(Math.sqrt(6.0 / (5 * 6 + 20 * 6)), values(Initializer.xavierUniform(1), 20, 5, 2, 3));
    }

    @Test
    void heCountsInputs() {
        assertUniform(Math.sqrt(2) * Math.sqrt(3.0 / 30), values(Initializer.heUniform(Math.sqrt(2)), 90, 30));
        assertDeviation(Math.sqrt(2.0 / 30), values(Initializer.heNormal(Math.sqrt(2)), 90, 30));
    }

    @Test
    void simpleOnesAreWhatTheySay() {
        assertArrayEquals(new double[] {3, 3}, values(Initializer.constant(3), 2));
        assertDeviation(0.5, values(Initializer.normal(0, 0.5), 4000));
        assertUniform(2, values(Initializer.uniform(-2, 2), 4000));
        assertUniform(0.1, values(Initializer.uniformByFan(100), 4000));
    }

    @ParameterizedTest
    @CsvSource({"5, 5", "3, 7", "7, 3", "1, 4", "4, 1", "40, 17"})
    void orthogonalVectorsAreOrthonormal(int outputs, int inputs) {
        double[] w = values(Initializer.orthogonal(2), outputs, inputs);
        boolean byRows = outputs <= inputs;
        int count = Math.min(outputs, inputs);
        for (int a = 0; a < count; a++) {
            for (int b = 0; b < count; b++) {
                double product = 0;
                for (int i = 0; i < Math.max(outputs, inputs); i++) {
                    product += byRows ? w[a * inputs + i] * w[b * inputs + i] : w[i * inputs + a] * w[i * inputs + b];
                }
                assertEquals(a == b ? 4 : 0, product, 1e-5, a + " · " + b);
            }
        }
    }

    @Test
    void shapesWithoutInputsAreRefused() {
        assertEquals(
                "xavier: needs a shape [outputs, inputs, …], was given [5]",
                assertThrows(ShapeException.class, () -> values(Initializer.xavierUniform(1), 5))
                        .getMessage());
        assertEquals(
                "he: needs a shape [outputs, inputs, …], was given []",
                assertThrows(ShapeException.class, () -> values(Initializer.heNormal(1)))
                        .getMessage());
        assertEquals(
                "orthogonal: needs a shape [outputs, inputs, …], was given [5]",
                assertThrows(ShapeException.class, () -> values(Initializer.orthogonal(1), 5))
                        .getMessage());
    }
}
