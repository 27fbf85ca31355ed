package dev.gatun.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.cpu.CpuBackend;
import dev.gatun.cpu.KernelChoice;
import dev.gatun.nn.Dropout;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.TransformerEncoderLayer;
import dev.gatun.parity.ParityReport.Difference;
import dev.gatun.parity.ParityReport.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The scalar kernels against the vector ones.
@ExtendWith(MemoryLeakExtension.class)
class ParityTest {
    private static final Device SCALAR = Device.of(CpuBackend.create(KernelChoice.scalar("test"), 2));
    private static final Device VECTOR = Device.of(CpuBackend.create(KernelChoice.vector(256, "test"), 2));

    @AfterEach
    void nothingIsLeftInUse() {
        assertEquals(0, SCALAR.memory().inUse());
        assertEquals(0, VECTOR.memory().inUse());
    }

    private static List<String> names(ParityReport report) {
        return report.differences().stream().map(Difference::name).toList();
    }

    private static void assertClose(ParityReport report) {
        assertEquals(List.of(), report.above(), report.toString());
    }

    @Test
    void anLstmAgreesInEveryOutputAndGradient() {
        Parity<LSTM> parity = new Parity<>(
                device -> new LSTM(LSTM.config(5, 7).bidirectional(), device, Generator.seeded(device.hashCode())),
                (lstm, inputs) -> {
                    var out = lstm.forward(inputs.get("x"), new int[] {4, 0, 6});
                    return Map.of("y", out.sequence(), "h", out.state().hidden());
                });
        try (Scope _ = Scope.open()) {
            ParityReport report = parity.compare(SCALAR, VECTOR, Map.of("x", Tensor.randn(VECTOR, 3, 6, 5)));
            assertClose(report);
            assertTrue(report.error(Kind.OUTPUT) > 0, "the kernels differ somewhere");
            assertEquals(
                    List.of(
                            "output h",
                            "output y",
                            "gradient of weight_ih_l0",
                            "gradient of weight_hh_l0",
                            "gradient of bias_ih_l0",
                            "gradient of bias_hh_l0",
                            "gradient of weight_ih_l0_reverse",
                            "gradient of weight_hh_l0_reverse",
                            "gradient of bias_ih_l0_reverse",
                            "gradient of bias_hh_l0_reverse",
                            "gradient of input x"),
                    names(report));
        }
    }

    @Test
    void dropoutDrawsTheSameOnBoth() {
        Parity<TransformerEncoderLayer> parity = new Parity<>(
                device -> new TransformerEncoderLayer(
                        TransformerEncoderLayer.config(16, 4).dropout(0.3), device),
                (layer, inputs) -> Map.of("y", layer.forward(inputs.get("x"), AttentionMask.CAUSAL)));
        try (Scope _ = Scope.open()) {
            assertClose(parity.compare(SCALAR, VECTOR, Map.of("x", Tensor.randn(SCALAR, 2, 5, 16))));
        }
    }

    @Test
    void inputsThatAreNoRealNumbersHaveNoGradient() {
        Parity<Embedding> parity = new Parity<>(
                device -> new Embedding(10, 4, device),
                (embedding, inputs) -> Map.of("y", embedding.forward(inputs.get("tokens"))));
        try (Scope _ = Scope.open()) {
            Tensor tokens = Tensor.of(SCALAR, new int[] {1, 9, 1}, 3);
            ParityReport report = parity.compare(SCALAR, VECTOR, Map.of("tokens", tokens));
            assertClose(report);
            assertEquals(List.of("output y", "gradient of weight"), names(report));
        }
    }

    @Test
    void aFunctionWithoutParametersOrRealInputsHasOutputsOnly() {
        Parity<Dropout> parity = new Parity<>(_ -> new Dropout(0.5), (_, inputs) -> Map.of("y", inputs.get("i")));
        try (Scope _ = Scope.open()) {
            Tensor i = Tensor.of(SCALAR, new int[] {1, -2}, 2);
            assertEquals(
                    List.of(new Difference("output y", Kind.OUTPUT, 0, 2)),
                    parity.compare(SCALAR, VECTOR, Map.of("i", i)).differences());
        }
    }

    @Test
    void aDifferenceIsMeasuredAndFound() {
        Parity<Linear> parity = new Parity<>(device -> new Linear(2, 2, device), (linear, inputs) -> {
            Tensor y = inputs.get("x");
            boolean other = y.device() == VECTOR;
            return Map.of("right", linear.forward(y), "wrong", other ? y.add(2) : y.add(0));
        });
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.of(SCALAR, new float[] {-8, 1, 2, 4}, 2, 2);
            ParityReport report = parity.compare(SCALAR, VECTOR, Map.of("x", x));
            assertEquals(List.of(new Difference("output wrong", Kind.OUTPUT, 2, 8)), report.above());
            assertEquals(0.25, report.error(Kind.OUTPUT));
            assertTrue(report.toString().contains("2.00e+00 of  8.00e+00:  2.5e-01"), report.toString());
        }
    }

    @Test
    void numbersThatAreNotFiniteMustBeTheSame() {
        Parity<Linear> parity = new Parity<>(device -> new Linear(1, 1, device), (linear, inputs) -> {
            Tensor x = inputs.get("x");
            Tensor inverse = Tensor.ones(x.device(), 2, 1).divide(x);
            return Map.of(
                    "same",
                    inverse,
                    "other",
                    x.device() == VECTOR ? inverse.multiply(-1) : inverse,
                    "y",
                    linear.forward(x));
        });
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.of(SCALAR, new float[] {0, 2}, 2, 1);
            ParityReport report = parity.compare(SCALAR, VECTOR, Map.of("x", x));
            Map<String, Double> errors = report.differences().stream()
                    .filter(difference -> difference.kind() == Kind.OUTPUT)
                    .collect(Collectors.toMap(Difference::name, Difference::error));
            assertEquals(Double.POSITIVE_INFINITY, errors.get("output other"));
            assertEquals(0, errors.get("output same"));
        }
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        Parity<Linear> parity =
                new Parity<>(device -> new Linear(device == SCALAR ? 2 : 3, 1, device), (linear, inputs) -> Map.of());
        assertThrows(IllegalArgumentException.class, () -> parity.compare(SCALAR, SCALAR, Map.of()));
        assertThrows(RuntimeException.class, () -> parity.compare(SCALAR, VECTOR, Map.of()));
        Parity<Linear> names = new Parity<>(
                device -> new Linear(1, 1, device),
                (linear, inputs) ->
                        Map.of(inputs.get("x").device() == SCALAR ? "a" : "b", linear.forward(inputs.get("x"))));
        Parity<Linear> shapes = new Parity<>(device -> new Linear(1, 1, device), (linear, inputs) -> {
            Tensor y = linear.forward(inputs.get("x"));
            return Map.of("y", y.device() == SCALAR ? y : y.reshape(2));
        });
        try (Scope _ = Scope.open()) {
            Map<String, Tensor> inputs = Map.of("x", Tensor.ones(SCALAR, 2, 1));
            assertTrue(refused(names, inputs).contains("[output a, "), refused(names, inputs));
            assertEquals("parity: output y is [2, 1] on one device, [2] on the other", refused(shapes, inputs));
        }
    }

    private static String refused(Parity<Linear> parity, Map<String, Tensor> inputs) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, () -> parity.compare(SCALAR, VECTOR, inputs))
                .getMessage());
    }
}
