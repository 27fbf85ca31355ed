package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Nvrtc;
import java.io.IOException;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// NVIDIA's own libraries, of the versions that `native/headers/requirements.txt` pins, where there is neither driver
/// nor GPU.
@Tag("nvidia")
@ExtendWith(MemoryLeakExtension.class)
class NvidiaLibrariesTest {
    private static final Path HEADERS = Path.of("native", "headers");

    /// Of what pip is told to install for a library.
    private static String pinnedVersion(String wheel) throws IOException {
        return Files.readAllLines(HEADERS.resolve("requirements.txt")).stream()
                .map(line -> line.split("==", -1))
                .filter(pair -> wheel.matches("'?" + pair[0] + "(==.*)?"))
                .map(pair -> pair[1])
                .findFirst()
                .orElseThrow();
    }

    @Test
    void allAreLoadedAndTellTheirVersions() throws IOException {
        CudaLibraries libraries = CudaLibraries.get();
        assertEquals(Optional.empty(), libraries.problem());
        assertEquals(CudaLibrary.values().length, libraries.statuses().size());
        for (CudaLibraries.Status status : libraries.statuses()) {
            String pinned = pinnedVersion(status.library().wheel(status.release()));
            assertTrue(pinned.startsWith(status.version() + "."), status + ", pinned: " + pinned);
            assertEquals(13, status.release());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cudart", "cublas", "cudnn", "nvrtc"})
    void everyBoundFunctionIsThere(String library) throws IOException {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        String option = "--include-function ";
        List<String> functions = Files.readAllLines(HEADERS.resolve(library + ".symbols")).stream()
                .filter(line -> line.startsWith(option))
                .map(line -> line.substring(option.length()).strip())
                .toList();
        assertFalse(functions.isEmpty());
        SymbolLookup loaded = SymbolLookup.loaderLookup();
        assertEquals(
                List.of(),
                functions.stream().filter(name -> loaded.find(name).isEmpty()).toList());
    }

    @Test
    void withoutADriverTheBestDeviceIsTheCpu() {
        String problem = CudaDevices.find().problem();
        assertTrue(String.valueOf(problem).contains("cudaErrorInsufficientDriver"), problem);
        assertTrue(String.valueOf(problem).contains("driver"), problem);
        assertEquals("cpu", Device.best().name());
        String message =
                assertThrows(DeviceException.class, () -> Device.cuda(0)).getMessage();
        assertTrue(message.contains("cudaErrorInsufficientDriver"), message);
    }

    @Test
    void statusesHaveNvidiasOwnWords() {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        assertSays(
                OutOfDeviceMemoryException.class,
                "cudaMalloc: failed with 2 cudaErrorMemoryAllocation: out of memory; of the bytes of the device",
                () -> CudaStatus.runtime("cudaMalloc", Cudart.cudaErrorMemoryAllocation()));
        assertSays(
                CudaException.class,
                "cublasGemmEx: failed with 7 CUBLAS_STATUS_INVALID_VALUE",
                () -> CudaStatus.blas("cublasGemmEx", Cublas.CUBLAS_STATUS_INVALID_VALUE()));
        assertSays(
                CudaException.class,
                "nvrtcCompileProgram: failed with 6 NVRTC_ERROR_COMPILATION",
                () -> CudaStatus.nvrtc("nvrtcCompileProgram", Nvrtc.NVRTC_ERROR_COMPILATION()));
    }

    private static void assertSays(Class<? extends RuntimeException> type, String beginning, Executable check) {
        String message = assertThrows(type, check).getMessage();
        assertTrue(message.startsWith(beginning), message);
    }
}
