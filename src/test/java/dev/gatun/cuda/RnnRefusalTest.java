package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.StandInTest;
import dev.gatun.Tensor;
import dev.gatun.backend.Explanation;
import dev.gatun.nn.LSTM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A persistent algorithm that cuDNN refuses only when it is run: the call goes through by the standard one, and says so. */
@StandInTest
@ExtendWith(MemoryLeakExtension.class)
class RnnRefusalTest {
    private static final int NOT_SUPPORTED = 3000;

    private final StandIn standIn = StandIn.get();

    /** An LSTM's outputs by a fresh backend, whose way is checked. */
    private static float[] outputs(String way, String reason) {
        try (CudaBackend backend = new CudaBackend(0, 1, new CudaOptions(false, false))) {
            Device device = Device.of(backend);
            try (LSTM lstm = new LSTM(LSTM.config(3, 4), device, Generator.seeded(1));
                    Scope _ = Scope.open()) {
                Tensor x = Tensor.ones(device, 2, 5, 3);
                float[] numbers = lstm.forward(x).sequence().toFloats();
                Explanation explanation = device.explanations().getFirst();
                assertEquals(way, explanation.way());
                assertTrue(explanation.reasons().startsWith(reason), explanation.reasons());
                return numbers;
            }
        }
    }

    @Test
    void theStandardAlgorithmTakesOver() {
        String small = RnnAlgorithm.PERSIST_STATIC_SMALL_H.title();
        float[] expected = outputs(small, "");
        standIn.fail("cudnnRNNForward", 1, NOT_SUPPORTED);
        float[] numbers = outputs(RnnAlgorithm.STANDARD.title(), small + ", because cudnn");
        assertArrayEquals(expected, numbers, 1e-6f);
    }
}
