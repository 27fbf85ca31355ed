package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Memory that one operation needs while its work is queued: the stream's order lets it go when the last call is made. */
final class Scratch implements AutoCloseable {
    private final CudaMemory memory;
    private final List<CudaStorage> taken = new ArrayList<>(4);

    Scratch(CudaMemory memory) {
        this.memory = memory;
    }

    /** Bytes, as cuDNN wants work space; NULL for none. */
    MemorySegment bytes(long count) {
        return count == 0 ? MemorySegment.NULL : memory.pointer(storage(count), 0);
    }

    /** A contiguous view; contents undefined. */
    View view(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), (long) dtype.byteSize());
        return new View(storage(bytes), dtype, Layout.contiguous(shape));
    }

    /** A contiguous view of zeros. */
    View zeros(DType dtype, Shape shape) {
        View view = view(dtype, shape);
        memory.fill(view, 0);
        return view;
    }

    /** A contiguous copy. */
    View copy(View source) {
        View copy = view(source.dtype(), source.shape());
        memory.copy(source, copy);
        return copy;
    }

    CudaStorage storage(long bytes) {
        CudaStorage storage = memory.allocate(bytes);
        taken.add(storage);
        return storage;
    }

    @Override
    public void close() {
        taken.forEach(CudaStorage::release);
        taken.clear();
    }
}
