package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.cpu.gemm.TestMatrix.Form;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        for (int rows = 1; rows <= 26; rows++) {
            int m = rows;
            TestMatrix a = TestMatrix.random(DType.F32, m, 1100, Form.ROWS, random);
            TestMatrix before = TestMatrix.random(DType.F32, m, 75, Form.ROWS, random);
            TestMatrix c512 = product(OF_512, a, b, before);
            for (Form form : List.of(Form.COLUMNS, Form.PADDED_COLUMNS, Form.SPREAD)) {
                TestMatrix laidOut = a.laidOut(form);
                product(OF_512, laidOut, b, before).assertSameBits(c512, m + " rows, " + form);
                product(SIX_OF_256, laidOut, b, before).assertSameBits(c512, m + " rows, six, " + form);
            }
            Map.of("128", OF_128, "256", OF_256, "six of 128", SIX_OF_128, "six of 256", SIX_OF_256)
                    .forEach((name, gemm) -> product(gemm, a, b, before).assertSameBits(c512, m + " rows, " + name));
        }
    }

    private static TestMatrix product(Gemm gemm, TestMatrix a, TestMatrix b, TestMatrix before) {
        TestMatrix c = before.copy();
        gemm.multiply(a.matrix(), b.matrix(), true, c.matrix());
        return c;
    }

    /** In threads that have had no larger product, whose room would do. */
    @Test
    void thereIsRoomForThePanelsOfAnyProduct() throws Exception {
        int[][] sizes = {{1024, 1}, {1024, 512}, {1024, 513}, {1030, 600}, {1, 33}, {7, 80_000}};
        for (int[] size : sizes) {
            Random random = new Random(13);
            TestMatrix a = TestMatrix.random(DType.F32, 4, size[0], Form.ROWS, random);
            TestMatrix b = TestMatrix.random(DType.F32, size[0], size[1], Form.ROWS, random);
            TestMatrix before = TestMatrix.random(DType.F32, 4, size[1], Form.ROWS, random);
            FutureTask<TestMatrix> made = new FutureTask<>(() -> product(OF_512, a, b, before));
            Thread.ofPlatform().start(made);
            TestMatrix packed = before.copy();
            MemorySegment room = Arena.ofAuto().allocate(OF_512.packedBytes(size[0], size[1]), 64);
            OF_512.multiply(a.matrix(), OF_512.pack(b.matrix(), room), true, packed.matrix());
            made.get().assertSameBits(packed, size[0] + " × " + size[1]);
        }
    }

    @ParameterizedTest
    @CsvSource({"128, amd64, 6", "256, amd64, 6", "256, x86_64, 6", "512, amd64, 8", "128, aarch64, 8"})
    void tilesAreAsTallAsThereAreRegistersFor(int bits, String architecture, int rows) {
        assertEquals(rows, VectorGemm.tallest(bits, architecture));
    }
}
