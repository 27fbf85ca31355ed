package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.StandInTest;
import dev.gatun.Tensor;
import dev.gatun.backend.DeviceException;
import dev.gatun.cuda.binding.Nvrtc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The first use of a kernel, with nothing kept on the disk: whatever fails in its compilation, the next use compiles it. */
@StandInTest
@ExtendWith(MemoryLeakExtension.class)
class CompilationFaultTest {
    private static final float[] RESULT = {2, 4};

    private final StandIn standIn = StandIn.get();

    private @Nullable String usersFolder;

    @TempDir
    private Path folder;

    @BeforeEach
    void beginWithNothingKept() {
        usersFolder = System.getProperty(KernelCache.FOLDER);
        System.setProperty(KernelCache.FOLDER, folder.toString());
    }

    @AfterEach
    void goBackToTheUsersFolder() {
        if (usersFolder == null) {
            System.clearProperty(KernelCache.FOLDER);
        } else {
            System.setProperty(KernelCache.FOLDER, usersFolder);
        }
    }

    private static float[] compute(Device device) {
        try (Scope _ = Scope.open()) {
            return Tensor.of(device, new float[] {4, 16}, 2).sqrt().toFloats();
        }
    }

    private SortedMap<String, Long> callsOfCompilation() {
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            standIn.reset();
            assertArrayEquals(RESULT, compute(Device.of(backend)));
            SortedMap<String, Long> calls = new TreeMap<>(standIn.calls());
            calls.keySet().removeIf(function -> !function.startsWith("nvrtc") && !function.startsWith("cudaLibrary"));
            return calls;
        }
    }

    private void forgetWhatIsKept() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void everyCallOfACompilationMayFail() throws IOException {
        SortedMap<String, Long> calls = callsOfCompilation();
        assertTrue(calls.containsKey("nvrtcCompileProgram"), calls.toString());
        SortedMap<String, Long> alive = standIn.live();
        for (var call : calls.entrySet()) {
            for (long nth = 1; nth <= call.getValue(); nth++) {
                forgetWhatIsKept();
                fail(call.getKey(), nth);
                assertEquals(alive, standIn.live(), call.getKey());
                assertIsKept();
            }
        }
    }

    private void fail(String function, long nth) {
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            Device device = Device.of(backend);
            standIn.fail(function, nth, 0);
            String what = "call " + nth + " of " + function;
            String message = assertThrows(DeviceException.class, () -> compute(device), what)
                    .getMessage();
            assertTrue(message.contains(function), what + ": " + message);
            assertEquals(0, backend.memory().usage().inUse(), what);
            assertArrayEquals(RESULT, compute(device), what);
        } finally {
            standIn.reset();
        }
    }

    /** Whole, and nothing else. */
    private void assertIsKept() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(1, files.count(), "files of one family of kernels");
        }
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            standIn.reset();
            assertArrayEquals(RESULT, compute(Device.of(backend)));
            assertEquals(0, standIn.calls("nvrtcCompileProgram"), "what is kept is used");
        }
    }

    /** A second failure, while the first is told, hides nothing of it. */
    @Test
    void aCompilerThatDoesNotSayWhyIsStillReported() {
        for (String second : new String[] {"nvrtcGetProgramLogSize", "nvrtcGetProgramLog", "nvrtcDestroyProgram"}) {
            try (CudaBackend backend = new CudaBackend(0, 1)) {
                Device device = Device.of(backend);
                standIn.fail("nvrtcCompileProgram", 1, Nvrtc.NVRTC_ERROR_COMPILATION());
                standIn.fail(second, 1, 0);
                DeviceException failure = assertThrows(DeviceException.class, () -> compute(device));
                assertTrue(failure.getMessage().startsWith("nvrtcCompileProgram of "), failure.getMessage());
                boolean isSuppressed = failure.getSuppressed().length == 1
                        && failure.getSuppressed()[0].getMessage().startsWith(second);
                assertTrue(isSuppressed || failure.getMessage().contains(second), failure.getMessage());
            }
        }
    }
}
