package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cpu.kernel.VectorKernels;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelChoiceTest {
    @ParameterizedTest
    @CsvSource({
        "auto, 256, vector-256, gatun.cpu.vector.bits=256",
        "vector, 128, vector-128, gatun.cpu.kernels=vector",
        "VECTOR, 512, vector-512, gatun.cpu.kernels=vector",
        "scalar, , scalar, gatun.cpu.kernels=scalar",
        "scalar, 256, scalar, gatun.cpu.kernels=scalar"
    })
    void propertiesForceKernels(String kernels, @Nullable String bits, String name, String reason) {
        KernelChoice choice = KernelChoice.of(kernels, bits);
        assertEquals(name, choice.f32().name());
        assertEquals("scalar", choice.f64().name());
        assertTrue(choice.reason().endsWith(reason), choice.reason());
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "vector"})
    void withoutASizeItIsTheMachines(String kernels) {
        int preferred = KernelChoice.sized(VectorKernels.preferredBits());
        assertEquals("vector-" + preferred, KernelChoice.of(kernels, null).f32().name());
    }

    @ParameterizedTest
    @CsvSource({"64, 128", "128, 128", "256, 256", "384, 256", "512, 512", "1024, 512", "2048, 512"})
    void sizesWithoutKernelsGiveTheNearestWithThem(int preferred, int bits) {
        assertEquals(bits, KernelChoice.sized(preferred));
    }

    @Test
    void otherValuesAreRefused() {
        var kernels = assertThrows(IllegalArgumentException.class, () -> KernelChoice.of("fast", null));
        assertEquals("gatun.cpu.kernels: expected auto, scalar or vector, was given 'fast'", kernels.getMessage());
        for (String choice : new String[] {"auto", "vector"}) {
            var bits = assertThrows(IllegalArgumentException.class, () -> KernelChoice.of(choice, "1024"));
            assertEquals("gatun.cpu.vector.bits: expected 128, 256 or 512, was given '1024'", bits.getMessage());
        }
    }

    @Test
    void theDescriptionSaysWhatWasChosenAndWhy() {
        CpuBackend backend = CpuBackend.create(KernelChoice.of("vector", "256"), 1);
        assertEquals("CPU, 1 threads, vector-256 kernels because gatun.cpu.kernels=vector", backend.description());
    }

    @Test
    void theNumberOfThreadsIsAPropertyOrThatOfProcessors() {
        assertEquals(3, CpuBackendProvider.threads(" 3 "));
        assertEquals(Runtime.getRuntime().availableProcessors(), CpuBackendProvider.threads(null));
        for (String wrong : new String[] {"0", "-1", "two", ""}) {
            var thrown = assertThrows(IllegalArgumentException.class, () -> CpuBackendProvider.threads(wrong));
            assertEquals("gatun.threads: expected a positive number, was given '" + wrong + "'", thrown.getMessage());
        }
    }
}
