package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the matrices of products lie, as cuBLAS reads it on the device: for each operand the addresses of all its matrices. A kernel
 * writes a table, so that nothing is sent from the host; it stays in a ring, because steady loops find their operands where they were
 * before. Used by the thread that holds the device.
 */
final class AddressTables implements AutoCloseable {
    private static final long RING_BYTES = 1 << 20;
    private static final int ALIGNMENT = 64;

    private final CudaRuntime runtime;
    private final Handles handles = new Handles();
    private final Map<Key, MemorySegment> kept = new HashMap<>();
    private MemorySegment ring = MemorySegment.NULL;
    private long used;

    /** A table is a function of this alone. */
    private record Key(DType factors, DType result, Operand a, Operand b, Operand c) {}

    /** @param leading how the first elements of the matrices lie to one another */
    private record Operand(long address, Layout leading) {
        static Operand of(CudaMemory memory, View view) {
            return new Operand(
                    memory.pointer(view).address(), view.layout().select(-1, 0).select(-1, 0));
        }
    }

    AddressTables(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * The addresses of all matrices of a, then of b, then of c: views of the same leading axes, a and b of one type.
     *
     * @param scratch where a table goes that is too large to be kept
     */
    MemorySegment of(View a, View b, View c, Scratch scratch) {
        CudaMemory memory = runtime.memory();
        Key key = new Key(a.dtype(), c.dtype(), Operand.of(memory, a), Operand.of(memory, b), Operand.of(memory, c));
        MemorySegment known = kept.get(key);
        if (known != null) {
            return known;
        }
        CudaWalk walk = CudaWalk.of("matmul", key.a.leading, key.b.leading, key.c.leading);
        long bytes = 3 * walk.count() * Long.BYTES;
        boolean fits = bytes <= RING_BYTES;
        MemorySegment table = fits ? place(bytes) : scratch.bytes(bytes);
        runtime.kernels()
                .call("addresses", DType.F32, "addresses")
                .walk(walk)
                .int64(a.dtype().byteSize())
                .int64(c.dtype().byteSize())
                .pointer(a)
                .pointer(b)
                .pointer(c)
                .pointer(table)
                .overThreads(walk.count());
        if (fits) {
            kept.put(key, table);
        }
        return table;
    }

    /** A place in the ring. Where it is full it begins anew: the stream's order lets products read what is written over. */
    private MemorySegment place(long bytes) {
        if (ring.equals(MemorySegment.NULL)) {
            ring = runtime.memory().reserve(RING_BYTES, handles);
        }
        if (used + bytes > RING_BYTES) {
            kept.clear();
            used = 0;
        }
        MemorySegment place = MemorySegment.ofAddress(ring.address() + used);
        used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return place;
    }

    @Override
    public void close() {
        kept.clear();
        handles.close();
    }
}
