package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.kernel.ScalarKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.pool.BlockSource;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CpuElementwiseTest {
    /** What is gathered of an input at once, 1024 elements of F32. */
    private static final int SCRATCH = 4096;

    /** Memory of one slab and no more. */
    private static final class OneSlab implements BlockSource<MemorySegment> {
        private final Slabs slabs = new Slabs();
        private boolean given;

        @Override
        public @Nullable MemorySegment allocate(long bytes) {
            boolean refused = given;
            given = true;
            return refused ? null : slabs.allocate(bytes);
        }

        @Override
        public MemorySegment part(MemorySegment whole, long offset, long bytes) {
            return slabs.part(whole, offset, bytes);
        }

        @Override
        public void free(MemorySegment whole) {
            slabs.free(whole);
        }

        @Override
        public OutOfDeviceMemoryException exhausted(long bytes, MemoryUsage usage) {
            return slabs.exhausted(bytes, usage);
        }
    }

    @Test
    void scratchGoesBackWhereThereIsNotEnoughOfIt() {
        CpuMemory memory = new CpuMemory(new OneSlab());
        Kernels kernels = ScalarKernels.of(DType.F32);
        CpuElementwise elementwise = new CpuElementwise(new CpuRuntime(kernels, kernels, new WorkerPool(1), memory));
        Layout transposed = Layout.contiguous(Shape.of(8, 8)).transpose(0, 1);
        View a = new View(memory.allocate(256), DType.F32, transposed);
        View b = new View(memory.allocate(256), DType.F32, transposed);
        View y = new View(memory.allocate(256), DType.F32, Layout.contiguous(Shape.of(8, 8)));
        CpuStorage last = fill(memory);
        last.release();
        long before = memory.usage().inUse();
        assertThrows(OutOfDeviceMemoryException.class, () -> elementwise.binary(BinaryFunction.ADD, a, b, y));
        assertEquals(before, memory.usage().inUse());
    }

    /** Takes all scratch there is, and gives what was taken last. */
    private static CpuStorage fill(CpuMemory memory) {
        CpuStorage last = memory.allocate(SCRATCH);
        while (true) {
            try {
                last = memory.allocate(SCRATCH);
            } catch (OutOfDeviceMemoryException full) {
                return last;
            }
        }
    }
}
