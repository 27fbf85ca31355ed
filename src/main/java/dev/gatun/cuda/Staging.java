package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Copies between host and device through a few pinned buffers, so that the caller's bytes may change as soon as a write returns. */
final class Staging implements AutoCloseable {
    private static final long SLOT_BYTES = 1 << 20;
    private static final int SLOTS = 4;

    private final CudaRuntime runtime;
    private final List<Slot> slots = new ArrayList<>();
    private final BlockingQueue<Slot> free = new ArrayBlockingQueue<>(SLOTS);

    Staging(CudaRuntime runtime) {
        this.runtime = runtime;
        boolean made = false;
        try {
            for (int i = 0; i < SLOTS; i++) {
                slots.add(new Slot());
            }
            free.addAll(slots);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    /** Queues a copy to the device; returns when the source may change. */
    void write(MemorySegment source, MemorySegment target) {
        for (long done = 0; done < source.byteSize(); done += SLOT_BYTES) {
            long bytes = Math.min(SLOT_BYTES, source.byteSize() - done);
            Slot slot = take();
            try {
                slot.await();
                MemorySegment.copy(source, done, slot.bytes(), 0, bytes);
                slot.copy(
                        MemorySegment.ofAddress(target.address() + done),
                        slot.bytes(),
                        bytes,
                        Cudart.cudaMemcpyHostToDevice());
            } finally {
                free.add(slot);
            }
        }
    }

    /** Copies from the device and waits for the bytes. */
    void read(MemorySegment source, MemorySegment target) {
        for (long done = 0; done < target.byteSize(); done += SLOT_BYTES) {
            long bytes = Math.min(SLOT_BYTES, target.byteSize() - done);
            Slot slot = take();
            try {
                slot.await();
                slot.copy(
                        slot.bytes(),
                        MemorySegment.ofAddress(source.address() + done),
                        bytes,
                        Cudart.cudaMemcpyDeviceToHost());
                slot.await();
                MemorySegment.copy(slot.bytes(), 0, target, done, bytes);
            } finally {
                free.add(slot);
            }
        }
    }

    /** Whoever holds a slot never waits for the device's lock, so that a thread may wait for a slot while it holds that. */
    private Slot take() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return free.take();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        Handles all = new Handles();
        slots.forEach(slot -> all.own(slot::close));
        slots.clear();
        all.close();
    }

    /** A pinned buffer and an event that marks the end of the copy that last used it. */
    private final class Slot implements AutoCloseable {
        private final PinnedBuffer buffer = new PinnedBuffer(SLOT_BYTES);
        private final MemorySegment event;
        private boolean busy;

        Slot() {
            boolean made = false;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment handle = arena.allocate(ValueLayout.ADDRESS);
                CudaStatus.runtime(
                        "cudaEventCreateWithFlags",
                        Cudart.cudaEventCreateWithFlags(handle, Cudart.cudaEventDisableTiming()));
                event = handle.get(ValueLayout.ADDRESS, 0);
                made = true;
            } finally {
                if (!made) {
                    buffer.close();
                }
            }
        }

        MemorySegment bytes() {
            return buffer.segment();
        }

        /** Without the device's lock: streams take copies from any thread. */
        void copy(MemorySegment target, MemorySegment source, long bytes, int kind) {
            runtime.select();
            CudaStatus.runtime(
                    "cudaMemcpyAsync", Cudart.cudaMemcpyAsync(target, source, bytes, kind, runtime.stream()));
            mark();
        }

        /** Where the copy's end cannot be marked, it is waited for: nobody may touch the buffer before. */
        private void mark() {
            int status = Cudart.cudaEventRecord(event, runtime.stream());
            busy = status == Cudart.cudaSuccess();
            if (!busy) {
                Cudart.cudaStreamSynchronize(runtime.stream());
            }
            CudaStatus.runtime("cudaEventRecord", status);
        }

        /** Waits for the last copy. */
        void await() {
            if (busy) {
                CudaStatus.runtime("cudaEventSynchronize", Cudart.cudaEventSynchronize(event));
                busy = false;
            }
        }

        @Override
        public void close() {
            try (buffer) {
                CudaStatus.runtime("cudaEventDestroy", Cudart.cudaEventDestroy(event));
            }
        }
    }
}
