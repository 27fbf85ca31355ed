package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.DType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel compiles for every architecture that is cared for. Needs NVIDIA's libraries and no device. */
@Tag("nvidia")
class KernelCompilationTest {
    private static final String[] ARCHITECTURES = {"sm_80", "sm_90", "sm_120"};

    static List<String> families() {
        return KernelSourceTest.FAMILIES;
    }

    @ParameterizedTest
    @MethodSource("families")
    void compiles(String family) {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
        for (String architecture : ARCHITECTURES) {
            for (DType dtype : new DType[] {DType.F32, DType.F64}) {
                byte[] code = KernelCompiler.compile(KernelSource.of(family, dtype, architecture));
                assertTrue(code.length > 0, architecture + " " + dtype);
            }
        }
    }
}
