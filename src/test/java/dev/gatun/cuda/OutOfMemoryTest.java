package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.MemoryLeakExtension;
import dev.gatun.StandInTest;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NVIDIA's libraries take memory of their own, and say so where there is none: what nobody uses is given back, and the call made again. */
@StandInTest
@ExtendWith(MemoryLeakExtension.class)
class OutOfMemoryTest {
    /** More than are made of any call. */
    private static final int ATTEMPTS = 32;

    private static final Pattern CALLS_THAT_ALLOCATE =
            Pattern.compile("cudnn.*|cublas.*|cudaLaunchKernel|cudaLibraryLoadData|cudaLibraryGetKernel");

    /** They add to what they write, or change what they read: a second call could count twice. Products do so where they accumulate. */
    private static final Set<String> MADE_ONCE = Set.of(
            "cublasGemmEx", "cudnnMultiHeadAttnBackwardData", "cudnnRNNBackwardData_v8", "cudnnRNNBackwardWeights_v8");

    private final StandIn standIn = StandIn.get();

    @AfterEach
    void mend() {
        standIn.reset();
    }

    private static int status(String function) {
        return function.startsWith("cudnn")
                ? Cudnn.CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED()
                : function.startsWith("cublas")
                        ? Cublas.CUBLAS_STATUS_ALLOC_FAILED()
                        : Cudart.cudaErrorMemoryAllocation();
    }

    private interface Lack {
        void strike(FaultRun run, List<float[]> expected, String function, long nth);
    }

    /** On a device of its own for the first and the last call of each function in a training step. */
    private void each(FaultRun.Kind kind, Lack lack) {
        List<float[]> expected;
        SortedMap<String, Long> calls;
        try (FaultRun run = new FaultRun(kind)) {
            standIn.reset();
            expected = run.train();
            calls = standIn.calls();
        }
        calls.keySet()
                .removeIf(function -> !CALLS_THAT_ALLOCATE.matcher(function).matches());
        calls.forEach((function, count) -> {
            for (long nth : new TreeSet<>(List.of(1L, count))) {
                try (FaultRun run = new FaultRun(kind)) {
                    standIn.reset();
                    lack.strike(run, expected, function, nth);
                    standIn.reset();
                    assertSame(expected, run.train(), "after call " + nth + " of " + function);
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void whatMayBeRepeatedIsRepeatedOnce(FaultRun.Kind kind) {
        each(kind, (run, expected, function, nth) -> {
            String what = "call " + nth + " of " + function;
            long before = run.inUse();
            standIn.fail(function, nth, status(function));
            try {
                assertSame(expected, run.train(), what);
            } catch (OutOfDeviceMemoryException refused) {
                assertTrue(MADE_ONCE.contains(function), what + " may be made again: " + refused);
                assertSaysWhatThereIs(refused, function);
            }
            assertEquals(before, run.inUse(), what);
        });
    }

    @ParameterizedTest
    @EnumSource
    void memoryThatStaysAwayIsReported(FaultRun.Kind kind) {
        each(kind, (run, _, function, nth) -> {
            long before = run.inUse();
            for (long again = 0; again < ATTEMPTS; again++) {
                standIn.fail(function, nth + again, status(function));
            }
            String what = "call " + nth + " of " + function;
            DeviceException refused = assertThrows(DeviceException.class, run::train, what);
            assertSaysWhatThereIs(refused, function);
            assertEquals(before, run.inUse(), what);
        });
    }

    private static void assertSaysWhatThereIs(DeviceException refused, String function) {
        assertInstanceOf(OutOfDeviceMemoryException.class, refused);
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.startsWith(function), message);
        assertTrue(
                message.matches("(?s).*; of the bytes of the device [0-9]+ of [0-9]+ are free; use smaller .*"),
                message);
    }

    @Test
    void aDeviceWithoutMemoryForHandlesIsNotOpened() {
        for (String function :
                List.of("cudaStreamCreateWithFlags", "cublasCreate_v2", "cublasLtCreate", "cudnnCreate")) {
            standIn.fail(function, 1, status(function));
            assertSaysWhatThereIs(assertThrows(DeviceException.class, () -> new CudaBackend(0, 1).close()), function);
        }
    }

    @Test
    void whereItCannotBeToldWhatThereIsTheCallIsStillNamed() {
        standIn.fail("cudnnCreate", 1, status("cudnnCreate"));
        standIn.fail("cudaMemGetInfo", 1, 0);
        String message = assertThrows(OutOfDeviceMemoryException.class, () -> new CudaBackend(0, 1).close())
                .getMessage();
        assertTrue(message.startsWith("cudnnCreate: ") && message.contains("cannot be told"), message);
    }

    @Test
    void theHostsMemoryIsNotTheDevices() {
        int dnn = Cudnn.CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED();
        String message = assertThrows(CudaException.class, () -> CudaStatus.dnn("cudnnCreate", dnn))
                .getMessage();
        assertTrue(message.contains("the host's memory"), message);
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual, String what) {
        assertEquals(expected.size(), actual.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), what);
        }
    }
}
