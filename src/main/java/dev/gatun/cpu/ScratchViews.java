package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;

/** Scratch of one operation as views; closing it releases them all. */
final class ScratchViews implements AutoCloseable {
    private final CpuRuntime runtime;
    private final DType dtype;
    private final List<CpuStorage> storages = new ArrayList<>();

    ScratchViews(CpuRuntime runtime, DType dtype) {
        this.runtime = runtime;
        this.dtype = dtype;
    }

    /** Contiguous, contents undefined. */
    View take(int... sizes) {
        Shape shape = Shape.of(sizes);
        return new View(
                storage(Math.multiplyExact(shape.elements(), (long) dtype.byteSize())),
                dtype,
                Layout.contiguous(shape));
    }

    /** So many bytes. */
    CpuStorage storage(long bytes) {
        return adopt(runtime.scratch(bytes));
    }

    /** Releases a storage, to which there is a reference for this, with the others. */
    CpuStorage adopt(CpuStorage storage) {
        storages.add(storage);
        return storage;
    }

    @Override
    public void close() {
        storages.forEach(CpuStorage::release);
        storages.clear();
    }
}
