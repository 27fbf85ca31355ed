package dev.gatun.cpu.gemm;

import dev.gatun.cpu.gemm.TestMatrix.Form;
import dev.gatun.layout.DType;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class VectorGemmTest {
    private static final Gemm OF_128 = new VectorGemm(FloatVector.SPECIES_128);
    private static final Gemm OF_256 = new VectorGemm(FloatVector.SPECIES_256);
    private static final Gemm OF_512 = new VectorGemm(FloatVector.SPECIES_512);

    @Nested
    class With128Bits extends GemmContract {
        With128Bits() {
            super(DType.F32, OF_128);
        }
    }

    @Nested
    class With256Bits extends GemmContract {
        With256Bits() {
            super(DType.F32, OF_256);
        }
    }

    @Nested
    class With512Bits extends GemmContract {
        With512Bits() {
            super(DType.F32, OF_512);
        }
    }

    @Test
    void sizeOfVectorsChangesNoBit() {
        Random random = new Random(11);
        TestMatrix a = TestMatrix.random(DType.F32, 23, 1100, Form.ROWS, random);
        TestMatrix b = TestMatrix.random(DType.F32, 1100, 75, Form.COLUMNS, random);
        TestMatrix c128 = TestMatrix.random(DType.F32, 23, 75, Form.ROWS, random);
        TestMatrix c256 = c128.copy();
        TestMatrix c512 = c128.copy();
        OF_128.multiply(a.matrix(), b.matrix(), true, c128.matrix());
        OF_256.multiply(a.matrix(), b.matrix(), true, c256.matrix());
        OF_512.multiply(a.matrix(), b.matrix(), true, c512.matrix());
        c256.assertSameBits(c128, "256 and 128 bits");
        c512.assertSameBits(c128, "512 and 128 bits");
    }
}
