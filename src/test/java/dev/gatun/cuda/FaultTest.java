package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.MemoryLeakExtension;
import dev.gatun.StandInTest;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.cuda.binding.Cudart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every native call fails once: each time an exception that names it, nothing is leaked, and the next step gives the right numbers. */
@StandInTest
@ExtendWith(MemoryLeakExtension.class)
class FaultTest {
    /** Calls that are not told of again: what they would say is said already. */
    private static final String LAST_ERROR = "cudaGetLastError";

    /** More than are made of an allocation. */
    private static final int ATTEMPTS = 16;

    private final StandIn standIn = StandIn.get();

    @TempDir
    Path folder;

    /** What is done with a model, and the numbers that come of it. */
    private interface Work {
        List<float[]> run(FaultRun run);
    }

    private interface Fault {
        void strike(String function, long nth);
    }

    @ParameterizedTest
    @EnumSource
    void inferenceSurvivesEveryFault(FaultRun.Kind kind) {
        assertGoesItsWay(kind, everyCallFails(kind, FaultRun::infer));
    }

    @ParameterizedTest
    @EnumSource
    void aTrainingStepSurvivesEveryFault(FaultRun.Kind kind) {
        assertGoesItsWay(kind, everyCallFails(kind, FaultRun::train));
    }

    private static void assertGoesItsWay(FaultRun.Kind kind, SortedMap<String, Long> calls) {
        assertTrue(calls.containsKey(kind.witness()), kind + " makes other calls: " + calls);
    }

    @ParameterizedTest
    @EnumSource
    void savingSurvivesEveryFault(FaultRun.Kind kind) throws IOException {
        everyCallFails(kind, this::save);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "files that were not saved whole remain");
        }
    }

    private List<float[]> save(FaultRun run) {
        Path file = folder.resolve("model.safetensors");
        run.model().save(file);
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            float[] numbers = new float[bytes.remaining()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = bytes.get();
            }
            return List.of(numbers);
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }

    /** On a device of its own for each fault, so that what is cached fails in the making, too. Tells which calls there were. */
    private SortedMap<String, Long> everyCallFails(FaultRun.Kind kind, Work work) {
        List<float[]> expected;
        SortedMap<String, Long> calls;
        SortedMap<String, Long> alive = standIn.live();
        try (FaultRun run = new FaultRun(kind)) {
            standIn.reset();
            expected = work.run(run);
            calls = standIn.calls();
        }
        assertEquals(alive, standIn.live());
        each(calls, (function, nth) -> {
            String what = "call " + nth + " of " + function;
            try (FaultRun run = new FaultRun(kind)) {
                long before = run.inUse();
                standIn.fail(function, nth, 0);
                String message = assertThrows(DeviceException.class, () -> work.run(run), what)
                        .getMessage();
                assertTrue(message.contains(function), what + ": " + message);
                assertEquals(before, run.inUse(), what + ": bytes in use");
                assertSame(expected, work.run(run), what);
                assertEquals(before, run.inUse(), what + ": bytes in use after the next run");
            }
            assertEquals(alive, standIn.live(), what);
        });
        return calls;
    }

    @ParameterizedTest
    @EnumSource
    void openingSurvivesEveryFault(FaultRun.Kind kind) {
        SortedMap<String, Long> alive = standIn.live();
        standIn.reset();
        new CudaBackend(0, 1).close();
        SortedMap<String, Long> calls = standIn.calls();
        each(calls, (function, nth) -> {
            standIn.reset();
            standIn.fail(function, nth, 0);
            String what = "call " + nth + " of " + function;
            DeviceException failure = assertThrows(DeviceException.class, () -> new CudaBackend(0, 1).close(), what);
            assertTrue(failure.getMessage().contains(function), what + ": " + failure.getMessage());
            assertEquals(alive, standIn.live(), what);
        });
        try (FaultRun run = new FaultRun(kind)) {
            assertEquals(1, run.infer().size());
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingSurvivesEveryFault(FaultRun.Kind kind) {
        SortedMap<String, Long> alive = standIn.live();
        each(closingCalls(kind), (function, nth) -> {
            FaultRun run = new FaultRun(kind);
            run.train();
            standIn.reset();
            standIn.fail(function, nth, 0);
            String what = "call " + nth + " of " + function;
            String message =
                    assertThrows(DeviceException.class, run::close, what).getMessage();
            assertTrue(message.contains(function), what + ": " + message);
            assertEquals(alive, standIn.live(), what);
        });
    }

    private SortedMap<String, Long> closingCalls(FaultRun.Kind kind) {
        FaultRun run = new FaultRun(kind);
        run.train();
        standIn.reset();
        run.close();
        return standIn.calls();
    }

    /** An error that ends the device is said at every use; nothing is leaked, and a device that can be mended works again. */
    @ParameterizedTest
    @EnumSource
    void aLostDeviceSaysSo(FaultRun.Kind kind) {
        try (FaultRun run = new FaultRun(kind)) {
            List<float[]> expected = run.train();
            standIn.reset();
            run.train();
            SortedMap<String, Long> calls = standIn.calls();
            long before = run.inUse();
            calls.keySet().removeIf(function -> !function.startsWith("cuda"));
            calls.replaceAll((function, count) -> Math.min(count, 5));
            each(calls, (function, nth) -> {
                standIn.fail(function, nth, Cudart.cudaErrorIllegalAddress());
                String what = "call " + nth + " of " + function;
                String first =
                        assertThrows(DeviceException.class, run::train, what).getMessage();
                assertTrue(first.contains(function) && first.contains("restart"), what + ": " + first);
                String next =
                        assertThrows(DeviceException.class, run::infer, what).getMessage();
                assertTrue(next.startsWith("cuda:0 is lost to this process since " + function), what + ": " + next);
                assertEquals(before, run.inUse(), what);
                standIn.reset();
                assertSame(expected, run.train(), what);
            });
        }
    }

    /** Once without memory the pool is trimmed and the call made again; the operation may be repeated, too, but not for ever. */
    @ParameterizedTest
    @EnumSource
    void memoryThatIsRefusedIsAskedForOnceMore(FaultRun.Kind kind) {
        Function<FaultRun, Long> allocations = run -> {
            standIn.reset();
            run.train();
            return standIn.calls("cudaMalloc");
        };
        List<float[]> expected;
        long count;
        try (FaultRun run = new FaultRun(kind)) {
            count = allocations.apply(run);
            expected = run.train();
        }
        assertTrue(count > 0, "a first step takes memory");
        for (long nth = 1; nth <= count; nth++) {
            try (FaultRun run = new FaultRun(kind)) {
                standIn.fail("cudaMalloc", nth, Cudart.cudaErrorMemoryAllocation());
                assertSame(expected, run.train(), "allocation " + nth);
            }
            try (FaultRun run = new FaultRun(kind)) {
                long before = run.inUse();
                for (long again = 0; again < ATTEMPTS; again++) {
                    standIn.fail("cudaMalloc", nth + again, Cudart.cudaErrorMemoryAllocation());
                }
                assertThrows(OutOfDeviceMemoryException.class, run::train, "allocation " + nth);
                assertEquals(before, run.inUse());
                standIn.reset();
                assertSame(expected, run.train(), "after allocation " + nth);
            }
        }
    }

    private void each(SortedMap<String, Long> calls, Fault fault) {
        assertTrue(!calls.containsKey(LAST_ERROR), "nothing failed, but the last error was asked for");
        calls.forEach((function, count) -> {
            for (long nth = 1; nth <= count; nth++) {
                fault.strike(function, nth);
                standIn.reset();
            }
        });
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual, String what) {
        assertEquals(expected.size(), actual.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), what + ": numbers of the next run");
        }
    }
}
