package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.Storage;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.LSTM;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Copies to the device while others use it: nobody waits for somebody who waits for him. */
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class StagingTest {
    /** More than there are pinned buffers. */
    private static final int WRITERS = 6;

    private static final int LARGE = 1 << 20;
    private static final int ROUNDS = 4;
    private static final int[] LENGTHS = {3, 0, 5};
    private static final long LIMIT_SECONDS = 60;

    /** Loads the libraries. */
    @BeforeAll
    static void findTheDevice() {
        CudaDevices.properties(0);
    }

    /** In a thread that does not keep the process alive when it is stuck. */
    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "staging");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static <T> T result(FutureTask<T> task) throws Exception {
        return task.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Of a device that is held by one operation, which itself copies. Where this fails, what is stuck is not closed. */
    @Test
    void writersNeedNotWaitForWhoHoldsTheDevice() throws Exception {
        CudaRuntime runtime = new CudaRuntime(0, 1);
        try (var _ = runtime.calls()) {
            List<FutureTask<Boolean>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(start(() -> write(runtime.memory())));
            }
            for (FutureTask<Boolean> writer : writers) {
                assertEquals(true, result(writer));
            }
            assertEquals(true, write(runtime.memory()));
        }
        runtime.close();
    }

    private static boolean write(MemoryOps memory) {
        float[] numbers = new float[LARGE];
        Arrays.fill(numbers, 3);
        float[] back = new float[LARGE];
        Storage storage = memory.allocate((long) LARGE * Float.BYTES);
        memory.write(MemorySegment.ofArray(numbers), storage, 0);
        memory.read(storage, 0, MemorySegment.ofArray(back));
        storage.release();
        return Arrays.equals(numbers, back);
    }

    /** The backward pass of sequences of different lengths sends these to the device while it holds it. */
    @Test
    void manyWriteWhileAnotherTrainsAndReads() throws Exception {
        CudaBackend backend = new CudaBackend(0, 1);
        Device device = Device.of(backend);
        try (LSTM lstm = new LSTM(LSTM.config(8, 8), device, Generator.seeded(5))) {
            float[] expected = gradient(lstm, device);
            CountDownLatch writing = new CountDownLatch(WRITERS);
            List<FutureTask<Boolean>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(start(() -> {
                    writing.countDown();
                    boolean same = true;
                    for (int round = 0; round < ROUNDS; round++) {
                        same &= write(backend.memory());
                    }
                    return same;
                }));
            }
            writing.await();
            for (int round = 0; round < ROUNDS; round++) {
                assertArrayEquals(expected, result(start(() -> gradient(lstm, device))));
            }
            for (FutureTask<Boolean> writer : writers) {
                assertEquals(true, result(writer));
            }
        }
        backend.close();
    }

    private static float[] gradient(LSTM lstm, Device device) {
        try (Scope _ = Scope.open();
                Tape tape = Tape.record()) {
            Tensor x = Tensor.normal(device, Generator.seeded(6), DType.F32, Shape.of(3, 5, 8), 0, 1);
            Tensor loss = lstm.forward(x, LENGTHS).last().square().mean();
            return tape.gradients(loss, lstm.parameters())
                    .of(lstm.parameters().getFirst())
                    .toFloats();
        }
    }
}
