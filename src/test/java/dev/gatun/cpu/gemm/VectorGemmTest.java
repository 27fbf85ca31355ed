package dev.gatun.cpu.gemm;

import dev.gatun.cpu.gemm.TestMatrix.Form;
import dev.gatun.layout.DType;
import java.util.List;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class VectorGemmTest {
    private static final Gemm OF_128 = new VectorGemm(FloatVector.SPECIES_128, 8);
    private static final Gemm OF_256 = new VectorGemm(FloatVector.SPECIES_256, 8);
    private static final Gemm OF_512 = new VectorGemm(FloatVector.SPECIES_512, 8);
    private static final Gemm SIX_OF_128 = new VectorGemm(FloatVector.SPECIES_128, 6);
    private static final Gemm SIX_OF_256 = new VectorGemm(FloatVector.SPECIES_256, 6);

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

    @Nested
    class With128BitsAndSixRows extends GemmContract {
        With128BitsAndSixRows() {
            super(DType.F32, SIX_OF_128);
        }
    }

    @Nested
    class With256BitsAndSixRows extends GemmContract {
        With256BitsAndSixRows() {
            super(DType.F32, SIX_OF_256);
        }
    }

    @Test
    void sizeOfVectorsAndTilesChangesNoBit() {
        Random random = new Random(11);
        TestMatrix b = TestMatrix.random(DType.F32, 1100, 75, Form.COLUMNS, random);
        for (int m = 4; m <= 26; m++) {
            TestMatrix a = TestMatrix.random(DType.F32, m, 1100, Form.ROWS, random);
            TestMatrix before = TestMatrix.random(DType.F32, m, 75, Form.ROWS, random);
            TestMatrix c512 = product(OF_512, a, b, before);
            for (Gemm gemm : List.of(OF_128, OF_256, SIX_OF_128, SIX_OF_256)) {
                product(gemm, a, b, before).assertSameBits(c512, m + " rows");
            }
        }
    }

    private static TestMatrix product(Gemm gemm, TestMatrix a, TestMatrix b, TestMatrix before) {
        TestMatrix c = before.copy();
        gemm.multiply(a.matrix(), b.matrix(), true, c.matrix());
        return c;
    }
}
