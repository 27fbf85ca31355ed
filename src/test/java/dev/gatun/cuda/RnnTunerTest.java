package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.CudaTest;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** With the libraries of the tag "cuda": statuses are theirs. */
@CudaTest
class RnnTunerTest {
    private static final int NOT_SUPPORTED = 3000;
    private static final int EXECUTION_FAILED = 5000;

    private final List<RnnAlgorithm> tried = new ArrayList<>();

    private static RnnTuner.Shape shape(boolean trains) {
        new CudaBackendProvider().backend(0);
        RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 8, 8);
        return new RnnTuner.Shape(RnnPlan.Key.standard(spec, DType.F32, false, Cudnn.CUDNN_FMA_MATH()), 4, 16, trains);
    }

    private ToDoubleFunction<RnnAlgorithm> trial(double standard, double persistent, int refusal) {
        return algorithm -> {
            tried.add(algorithm);
            return switch (algorithm) {
                case STANDARD -> standard;
                case PERSIST_STATIC -> persistent;
                case PERSIST_DYNAMIC, PERSIST_STATIC_SMALL_H -> throw new CudaException("refused", refusal);
            };
        };
    }

    @Test
    void theFastestIsMeasuredOnce() {
        RnnTuner tuner = new RnnTuner(true);
        ToDoubleFunction<RnnAlgorithm> trial = trial(2, 1, NOT_SUPPORTED);
        assertEquals(RnnAlgorithm.PERSIST_STATIC, tuner.choose(shape(true), true, trial));
        assertEquals(List.of(RnnAlgorithm.values()), tried);
        assertEquals(RnnAlgorithm.PERSIST_STATIC, tuner.choose(shape(true), true, trial));
        assertEquals(RnnAlgorithm.values().length, tried.size());
        assertEquals(RnnAlgorithm.STANDARD, tuner.choose(shape(false), true, trial(1, 2, NOT_SUPPORTED)));
    }

    @Test
    void withoutTuningAndForUnequalLengthsNothingIsTried() {
        ToDoubleFunction<RnnAlgorithm> trial = trial(2, 1, NOT_SUPPORTED);
        assertEquals(RnnAlgorithm.STANDARD, new RnnTuner(false).choose(shape(true), true, trial));
        assertEquals(RnnAlgorithm.STANDARD, new RnnTuner(true).choose(shape(true), false, trial));
        assertEquals(List.of(), tried);
    }

    @Test
    void failuresAreNoRefusals() {
        RnnTuner tuner = new RnnTuner(true);
        assertThrows(CudaException.class, () -> tuner.choose(shape(true), true, trial(2, 1, EXECUTION_FAILED)));
    }
}
