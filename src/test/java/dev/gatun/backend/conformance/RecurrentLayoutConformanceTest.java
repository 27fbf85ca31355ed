package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.RecurrentCases.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// How the weights of a stack are named and lie in their one tensor, and how much a stack keeps for its way back.
public abstract class RecurrentLayoutConformanceTest {
    /// The backend under test.
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource
    void weightsAreNamedAndShapedAsInPyTorch(CellType cell) {
        WeightLayout layout = backend().recurrent().weightLayout(spec(cell, 5, 3, 2, true, BiasMode.DOUBLE));
        int rows = 3 * cell.gates();
        List<String> expected = new ArrayList<>();
        for (String suffix : List.of("_l0", "_l0_reverse", "_l1", "_l1_reverse")) {
            int inputs = suffix.startsWith("_l0") ? 5 : 6;
            expected.add("weight_ih" + suffix + " [" + rows + ", " + inputs + "]");
            expected.add("weight_hh" + suffix + " [" + rows + ", 3]");
            expected.add("bias_ih" + suffix + " [" + rows + "]");
            expected.add("bias_hh" + suffix + " [" + rows + "]");
        }
        assertEquals(
                expected,
                layout.entries().stream()
                        .map(entry -> entry.name() + " " + entry.layout().shape())
                        .toList());
    }

    @Test
    void projectionsAreNamedAndShapedAsInPyTorch() {
        RecurrentSpec spec = spec(CellType.LSTM, 5, 4, 2, true, BiasMode.SINGLE).withProjection(3);
        List<String> expected = new ArrayList<>();
        for (String suffix : List.of("_l0", "_l0_reverse", "_l1", "_l1_reverse")) {
            int inputs = suffix.startsWith("_l0") ? 5 : 6;
            expected.add("weight_ih" + suffix + " [16, " + inputs + "]");
            expected.add("weight_hh" + suffix + " [16, 3]");
            expected.add("bias_ih" + suffix + " [16]");
            expected.add("weight_hr" + suffix + " [3, 4]");
        }
        WeightLayout layout = backend().recurrent().weightLayout(spec);
        assertEquals(
                expected,
                layout.entries().stream()
                        .map(entry -> entry.name() + " " + entry.layout().shape())
                        .toList());
        assertApart(layout);
    }

    @ParameterizedTest
    @EnumSource
    void weightsLieApart(BiasMode bias) {
        WeightLayout layout = backend().recurrent().weightLayout(spec(CellType.GRU, 5, 3, 3, true, bias));
        assertApart(layout);
        assertEquals(
                2 + bias.count(),
                layout.entries().stream()
                        .filter(entry -> entry.name().endsWith("_l2_reverse"))
                        .count());
    }

    private static void assertApart(WeightLayout layout) {
        boolean[] taken = new boolean[(int) layout.elements()];
        for (WeightLayout.Entry entry : layout.entries()) {
            assertTrue(entry.layout().isContiguous());
            for (long i = entry.layout().offset(); i < entry.layout().extent(); i++) {
                assertTrue(!taken[(int) i], entry.name() + " overlaps another");
                taken[(int) i] = true;
            }
        }
    }

    @Test
    void reserveHoldsTheGatesOfAllSteps() {
        RecurrentSpec spec = spec(CellType.LSTM, 4, 8, 1, false, BiasMode.DOUBLE);
        long full = backend().recurrent().reserveBytes(new RecurrentCall(spec, 4, 10, null, null), DType.F32);
        assertTrue(full >= 4L * 10 * spec.gateRows() * 4, full + " bytes");
    }
}
