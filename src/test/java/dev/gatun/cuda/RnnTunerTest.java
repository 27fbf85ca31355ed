package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.CudaTest;
import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With the libraries of the tag "cuda": statuses are theirs. */
@CudaTest
class RnnTunerTest {
    private static final int NOT_SUPPORTED = 3000;
    private static final int EXECUTION_FAILED = 5000;

    private final RnnTuner measuring = new RnnTuner(true);
    private final RnnTuner guessing = new RnnTuner(false);
    private final List<RnnAlgorithm> tried = new ArrayList<>();

    private static RnnTuner.Shape shape(boolean equalLengths, boolean trains) {
        return shape(RecurrentSpec.of(CellType.LSTM, 8, 8), DType.F32, equalLengths, trains);
    }

    private static RnnTuner.Shape shape(RecurrentSpec spec, DType dtype, boolean equalLengths, boolean trains) {
        new CudaBackendProvider().backend(0);
        RnnPlan.Key plan = RnnPlan.Key.standard(spec, dtype, false, Cudnn.CUDNN_FMA_MATH());
        return new RnnTuner.Shape(plan, 4, 16, equalLengths, trains);
    }

    /** A trial in which two algorithms take a time and the others throw a status. */
    private RnnTuner.Trial trial(double standard, double persistent, int status) {
        return new RnnTuner.Trial() {
            @Override
            public void attempt(RnnAlgorithm algorithm) {
                measure(algorithm);
            }

            @Override
            public double measure(RnnAlgorithm algorithm) {
                tried.add(algorithm);
                return switch (algorithm) {
                    case STANDARD -> standard;
                    case PERSIST_STATIC -> persistent;
                    case PERSIST_DYNAMIC, PERSIST_STATIC_SMALL_H -> throw new CudaException("refused", status);
                };
            }
        };
    }

    private RnnTuner.Trial willing() {
        return new RnnTuner.Trial() {
            @Override
            public void attempt(RnnAlgorithm algorithm) {
                tried.add(algorithm);
            }

            @Override
            public double measure(RnnAlgorithm algorithm) {
                throw new AssertionError("nothing is measured here");
            }
        };
    }

    private RnnAlgorithm guess(CellType cell, int hidden, boolean trains) {
        return guessing.choose(shape(RecurrentSpec.of(cell, 8, hidden), DType.F32, true, trains), willing());
    }

    @Test
    void theFastestIsMeasuredOnce() {
        RnnTuner.Trial trial = trial(2, 1, NOT_SUPPORTED);
        assertEquals(RnnAlgorithm.PERSIST_STATIC, measuring.choose(shape(true, true), trial));
        assertEquals(List.of(RnnAlgorithm.values()), tried);
        assertEquals(RnnAlgorithm.PERSIST_STATIC, measuring.choose(shape(true, true), trial));
        assertEquals(RnnAlgorithm.values().length, tried.size());
        assertEquals(
                "recurrent LSTM F32 of 8 to 8, layers 1, batch 4 of 16 steps, recorded: CUDNN_RNN_ALGO_PERSIST_STATIC;"
                        + " not CUDNN_RNN_ALGO_STANDARD, because it took 2.0 ms; not CUDNN_RNN_ALGO_PERSIST_DYNAMIC,"
                        + " because refused; not CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, because refused",
                measuring.explanations().getFirst().toString());
        assertEquals(RnnAlgorithm.STANDARD, measuring.choose(shape(true, false), trial(1, 2, NOT_SUPPORTED)));
    }

    @Test
    void unequalLengthsAreStandardAndUntried() {
        for (RnnTuner tuner : List.of(measuring, guessing)) {
            assertEquals(RnnAlgorithm.STANDARD, tuner.choose(shape(false, true), trial(2, 1, NOT_SUPPORTED)));
            assertEquals(
                    "recurrent LSTM F32 of 8 to 8, layers 1, of different lengths, recorded: CUDNN_RNN_ALGO_STANDARD;"
                            + " not CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, because sequences have different lengths",
                    tuner.explanations().getFirst().toString());
        }
        assertEquals(List.of(), tried);
    }

    @Test
    void clippedStacksAreStandardAndUntried() {
        RecurrentSpec clipped = RecurrentSpec.of(CellType.LSTM, 8, 8).withClip(1);
        for (RnnTuner tuner : List.of(measuring, guessing)) {
            assertEquals(RnnAlgorithm.STANDARD, tuner.choose(shape(clipped, DType.F32, true, true), willing()));
        }
        assertEquals(List.of(), tried);
    }

    @Test
    void smallStatesArePersistentWhereCudnnTakesThem() {
        for (boolean trains : new boolean[] {false, true}) {
            int gated = trains ? 128 : 192;
            int plain = trains ? 256 : 384;
            for (CellType cell : List.of(CellType.LSTM, CellType.GRU)) {
                assertEquals(RnnAlgorithm.PERSIST_STATIC_SMALL_H, guess(cell, gated, trains));
                assertEquals(RnnAlgorithm.STANDARD, guess(cell, gated + 1, trains));
            }
            for (CellType cell : List.of(CellType.RNN_TANH, CellType.RNN_RELU)) {
                assertEquals(RnnAlgorithm.PERSIST_STATIC_SMALL_H, guess(cell, plain, trains));
                assertEquals(RnnAlgorithm.STANDARD, guess(cell, plain + 1, trains));
            }
        }
        assertEquals(8, tried.size());
        assertEquals(RnnAlgorithm.PERSIST_STATIC_SMALL_H, guess(CellType.LSTM, 128, true));
        assertEquals(8, tried.size());
    }

    @Test
    void otherTypesAndBiasesAreStandardAndUntried() {
        RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 8, 8);
        assertEquals(RnnAlgorithm.STANDARD, guessing.choose(shape(spec, DType.F64, true, true), willing()));
        assertEquals(
                "CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, because it computes in F32, not in F64",
                guessing.explanations().getFirst().reasons());
        for (BiasMode bias : List.of(BiasMode.NONE, BiasMode.SINGLE)) {
            RnnTuner.Shape shape = shape(spec.withBias(bias), DType.F32, true, true);
            assertEquals(RnnAlgorithm.STANDARD, guessing.choose(shape, willing()));
        }
        assertEquals(List.of(), tried);
    }

    @Test
    void aRefusalIsRememberedAndSaid() {
        RnnTuner.Trial refusing = trial(2, 1, NOT_SUPPORTED);
        for (int call = 0; call < 2; call++) {
            assertEquals(RnnAlgorithm.STANDARD, guessing.choose(shape(true, true), refusing));
        }
        assertEquals(List.of(RnnAlgorithm.PERSIST_STATIC_SMALL_H), tried);
        assertEquals(
                "CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, because refused",
                guessing.explanations().getFirst().reasons());
    }

    @Test
    void failuresAreNoRefusals() {
        for (RnnTuner tuner : List.of(measuring, guessing)) {
            RnnTuner.Trial failing = trial(2, 1, EXECUTION_FAILED);
            assertThrows(CudaException.class, () -> tuner.choose(shape(true, true), failing));
            assertEquals(List.of(), tuner.explanations());
        }
    }
}
