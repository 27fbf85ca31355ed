package dev.gatun.cpu;

import dev.gatun.cpu.gemm.ScalarGemm;
import dev.gatun.cpu.gemm.VectorGemm;
import dev.gatun.layout.DType;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Nested;

class CpuMatrixTest {
    @Nested
    class WithScalarProducts extends CpuMatrixContract {
        WithScalarProducts() {
            super(new ScalarGemm(DType.F32));
        }
    }

    @Nested
    class WithVectorProducts extends CpuMatrixContract {
        private static final VectorGemm GEMM = new VectorGemm(FloatVector.SPECIES_PREFERRED);

        WithVectorProducts() {
            super(GEMM);
        }
    }
}
