package dev.gatun.benchmark;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.gemm.ScalarGemm;
import dev.gatun.cpu.gemm.VectorGemm;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Single-precision products on one thread. The counter {@code flops} is what they reach in floating-point operations a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
    /** Rows, inner size and columns. */
    @Param({
        "512x512x512",
        "1024x1024x1024",
        "64x512x128",
        "64x2048x512",
        "3200x512x128",
        "1x1024x1024",
        "64x128x512",
        "1x256x1024"
    })
    public String shape;

    /** Which kernels multiply. */
    @Param({"vector", "scalar"})
    public String kernels;

    private final Arena arena = Arena.ofConfined();
    private Gemm gemm;
    private Matrix a;
    private Matrix aOfColumns;
    private Matrix b;
    private Matrix bOfColumns;
    private PackedMatrix packed;
    private Matrix c;
    private long operations;

    /** Floating-point operations done: a multiply-add counts as two. */
    @AuxCounters
    @State(Scope.Thread)
    public static class Work {
        /** Their number. */
        public long flops;
    }

    /** Fills the operands. */
    @Setup
    public void allocate() {
        gemm = kernels.equals("vector") ? new VectorGemm(FloatVector.SPECIES_PREFERRED) : new ScalarGemm(DType.F32);
        String[] sizes = shape.split("x", -1);
        int m = Integer.parseInt(sizes[0]);
        int k = Integer.parseInt(sizes[1]);
        int n = Integer.parseInt(sizes[2]);
        a = random(m, k);
        aOfColumns = random(k, m).transposed();
        b = random(k, n);
        bOfColumns = random(n, k).transposed();
        packed = gemm.pack(b, arena.allocate(gemm.packedBytes(k, n), 64));
        c = random(m, n);
        operations = 2L * m * k * n;
    }

    private Matrix random(int rows, int columns) {
        SplittableRandom random = new SplittableRandom(1);
        MemorySegment segment = arena.allocate(4L * rows * columns, 64);
        for (long i = 0; i < (long) rows * columns; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return Matrix.rowMajor(segment, 0, rows, columns);
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        arena.close();
    }

    /** Both operands row-major, as in the gradient with respect to the input of a linear layer. */
    @Benchmark
    public void rows(Work work) {
        gemm.multiply(a, b, false, c);
        work.flops += operations;
    }

    /** The right operand column-major, as in a linear layer. */
    @Benchmark
    public void rightTransposed(Work work) {
        gemm.multiply(a, bOfColumns, false, c);
        work.flops += operations;
    }

    /** The left operand column-major and the result added to, as in the gradient with respect to a weight. */
    @Benchmark
    public void leftTransposed(Work work) {
        gemm.multiply(aOfColumns, b, true, c);
        work.flops += operations;
    }

    /** The right operand packed before, as in every step of a recurrent layer. */
    @Benchmark
    public void rightPacked(Work work) {
        gemm.multiply(a, packed, true, c);
        work.flops += operations;
    }
}
