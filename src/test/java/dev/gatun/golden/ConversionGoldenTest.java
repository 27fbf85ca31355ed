package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** F32 to BF16 and F16 and back, bit for bit as PyTorch converts. */
@ExtendWith(MemoryLeakExtension.class)
class ConversionGoldenTest {
    static Stream<String> cases() {
        return GoldenCase.family("conversion").stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void narrowsAndWidens(String path) {
        try (GoldenCase golden = GoldenCase.open(path);
                Scope _ = Scope.open()) {
            Tensor x = golden.read("input.x", Device.cpu());
            assertArrayEquals(expected(golden, "bf16_as_f32"), x.to(DType.BF16).toFloats());
            assertArrayEquals(expected(golden, "f16_as_f32"), x.to(DType.F16).toFloats());
            assertArrayEquals(expected(golden, "bf16"), x.to(DType.BF16).toFloats());
            assertArrayEquals(expected(golden, "f16"), x.to(DType.F16).toFloats());
        }
    }

    private static float[] expected(GoldenCase golden, String output) {
        return golden.read("output." + output, Device.cpu()).toFloats();
    }
}
