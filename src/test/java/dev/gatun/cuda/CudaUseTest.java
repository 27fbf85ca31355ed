package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.LSTM;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many threads on one device; use after the end; operands of different devices. */
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class CudaUseTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 4;
    private static final int[] LENGTHS = {5, 0, 3, 6};

    private static float[] differentiate(LSTM lstm, Device device) {
        try (Tape tape = Tape.record()) {
            Tensor x = Tensor.normal(device, Generator.seeded(6), DType.F32, Shape.of(4, 6, 8), 0, 1);
            Tensor loss = lstm.forward(x, LENGTHS).last().square().mean();
            Tensor weights = lstm.namedParameters().get("weight_hh_l0");
            return tape.gradients(loss, lstm.parameters()).of(weights).toFloats();
        }
    }

    @Test
    void eightThreadsFindTheSameGradients() throws ExecutionException, InterruptedException {
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            Device device = Device.of(backend);
            try (LSTM lstm = new LSTM(LSTM.config(8, 8).layers(2).bidirectional(), device, Generator.seeded(5))) {
                float[] expected = differentiate(lstm, device);
                long before = device.memory().inUse();
                List<Future<float[]>> results = new ArrayList<>();
                try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
                    for (int i = 0; i < THREADS * ROUNDS; i++) {
                        results.add(pool.submit(() -> differentiate(lstm, device)));
                    }
                }
                for (Future<float[]> result : results) {
                    assertArrayEquals(expected, result.get());
                }
                assertEquals(before, device.memory().inUse());
            }
        }
    }

    @Test
    void aClosedTensorSaysSo() {
        try (CudaBackend backend = new CudaBackend(0, 1);
                Scope _ = Scope.open()) {
            Tensor tensor = Tensor.ones(Device.of(backend), 2);
            View view = tensor.view();
            tensor.close();
            assertTrue(message(() -> tensor.add(1)).contains("used after it was closed"));
            assertEquals(
                    "cuda:0: given a storage whose last reference was released",
                    message(() -> backend.memory().fill(view, 0)));
        }
    }

    @Test
    void aClosedDeviceSaysSo() {
        CudaBackend backend = new CudaBackend(0, 1);
        try (Scope _ = Scope.open()) {
            Tensor tensor = Tensor.ones(Device.of(backend), 2, 2);
            backend.close();
            assertDoesNotThrow(backend::close, "closing twice is harmless");
            String problem = "cuda:0: was used after it was closed";
            assertEquals(problem, message(() -> tensor.add(1)));
            assertEquals(problem, message(() -> tensor.matmul(tensor)));
            assertEquals(problem, message(() -> backend.memory().fill(tensor.view(), 0)));
            assertEquals(problem, message(tensor::toFloats));
            assertEquals(problem, message(() -> backend.memory().synchronize()));
            assertEquals(problem, message(() -> backend.memory().allocate(8)));
        }
        assertEquals(0, backend.memory().usage().inUse());
    }

    @Test
    void memoryInUseEndsWithItsDevice() {
        CudaBackend backend = new CudaBackend(0, 1);
        try (Scope _ = Scope.open()) {
            Tensor.zeros(Device.of(backend), 1 << 20);
            backend.close();
        }
        assertEquals(0, backend.memory().usage().inUse());
        assertEquals(0, backend.memory().usage().pooled());
    }

    @Test
    void operandsOfDifferentDevicesAreRefused() {
        try (CudaBackend backend = new CudaBackend(0, 1);
                CudaBackend other = new CudaBackend(0, 1);
                Scope _ = Scope.open()) {
            Tensor here = Tensor.ones(Device.of(backend), 2);
            Tensor there = Tensor.ones(Device.of(other), 2);
            Tensor onCpu = Tensor.ones(Device.cpu(), 2);
            for (Tensor foreign : List.of(there, onCpu)) {
                String message = assertThrows(IllegalArgumentException.class, () -> here.add(foreign))
                        .getMessage();
                assertTrue(message.contains("operands lie on different devices: cuda and "), message);
                String refusal = message(() -> backend.memory().copy(foreign.view(), here.view()));
                assertTrue(refusal.startsWith("cuda:0: given a storage of another backend, "), refusal);
            }
            assertArrayEquals(
                    new float[] {2, 2}, here.add(onCpu.to(here.device())).toFloats());
        }
    }

    private static String message(Runnable use) {
        return String.valueOf(
                assertThrows(IllegalStateException.class, use::run).getMessage());
    }
}
