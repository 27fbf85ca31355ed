package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One model in many threads at once: modules hold no state, so every thread gets the same bits. */
@ExtendWith(MemoryLeakExtension.class)
class SharedModelTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 5;

    @Test
    void eightThreadsInferTheSameBits() throws ExecutionException, InterruptedException {
        try (LSTM lstm = lstm()) {
            assertAllEqual(() -> infer(lstm));
        }
    }

    @Test
    void eightThreadsFindTheSameGradients() throws ExecutionException, InterruptedException {
        try (LSTM lstm = lstm()) {
            assertAllEqual(() -> differentiate(lstm));
        }
    }

    private static LSTM lstm() {
        LSTM.Config config = LSTM.config(48, 64).layers(2).bidirectional().dropout(0.2);
        return new LSTM(config, Device.cpu(), Generator.seeded(5));
    }

    private static Tensor input() {
        return Tensor.normal(Device.cpu(), Generator.seeded(6), DType.F32, Shape.of(16, 30, 48), 0, 1);
    }

    private static float[] infer(LSTM lstm) {
        try (Scope _ = Scope.open()) {
            return lstm.forward(input()).sequence().toFloats();
        }
    }

    private static float[] differentiate(LSTM lstm) {
        try (Tape tape = Tape.record(Generator.seeded(7))) {
            Tensor loss = lstm.forward(input()).last().square().mean();
            Tensor weights = lstm.namedParameters().get("weight_hh_l0");
            return tape.gradients(loss, lstm.parameters()).of(weights).toFloats();
        }
    }

    private interface Work {
        float[] run();
    }

    private static void assertAllEqual(Work work) throws ExecutionException, InterruptedException {
        float[] expected = work.run();
        // The second call is the one after which weights stay packed.
        assertArrayEquals(expected, work.run());
        long before = Device.cpu().memory().inUse();
        try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < THREADS * ROUNDS; i++) {
                results.add(pool.submit(work::run));
            }
            for (Future<float[]> result : results) {
                assertArrayEquals(expected, result.get());
            }
        }
        assertEquals(before, Device.cpu().memory().inUse());
    }
}
