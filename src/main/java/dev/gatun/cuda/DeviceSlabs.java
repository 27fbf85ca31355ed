package dev.gatun.cuda;

import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.pool.BlockSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Device memory from the CUDA runtime; blocks are addresses, as segments of no bytes. Takes no lock: a pool calls it under its own. */
final class DeviceSlabs implements BlockSource<MemorySegment> {
    private final CudaRuntime runtime;

    DeviceSlabs(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public @Nullable MemorySegment allocate(long bytes) {
        runtime.select();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            int status = Cudart.cudaMalloc(pointer, bytes);
            if (status == Cudart.cudaErrorMemoryAllocation()) {
                Cudart.cudaGetLastError();
                return null;
            }
            CudaStatus.runtime("cudaMalloc", status);
            return pointer.get(ValueLayout.ADDRESS, 0);
        }
    }

    @Override
    public MemorySegment part(MemorySegment whole, long offset, long bytes) {
        return MemorySegment.ofAddress(whole.address() + offset);
    }

    @Override
    public void free(MemorySegment whole) {
        runtime.enter();
        CudaStatus.runtime("cudaFree", Cudart.cudaFree(whole));
    }

    @Override
    public OutOfDeviceMemoryException exhausted(long bytes, MemoryUsage usage) {
        runtime.select();
        return new OutOfDeviceMemoryException(runtime.name() + ": " + bytes + " bytes were asked for, "
                + CudaStatus.free() + "; open scopes and parameters of this process hold " + usage.inUse()
                + ", its pool " + usage.pooled() + Remedy.MEMORY);
    }
}
