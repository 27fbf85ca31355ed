package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.layout.DType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ScalarGemmTest {
    @Nested
    class InF32 extends GemmContract {
        InF32() {
            super(DType.F32, new ScalarGemm(DType.F32));
        }
    }

    @Nested
    class InF64 extends GemmContract {
        InF64() {
            super(DType.F64, new ScalarGemm(DType.F64));
        }
    }

    @Test
    void computesInNoOtherType() {
        var wrong = assertThrows(IllegalArgumentException.class, () -> new ScalarGemm(DType.BF16));
        assertEquals("gemm: expected F32 or F64, was given BF16", wrong.getMessage());
    }
}
