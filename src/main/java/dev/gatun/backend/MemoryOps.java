package dev.gatun.backend;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Allocation, transfer and copies. */
public interface MemoryOps {
    /** Bytes from the pool, or from the system where the pool has none that fit; contents are undefined. */
    Storage allocate(long bytes);

    /** Copies host bytes into a storage, from {@code byteOffset} on; returns when {@code source} may be changed. */
    void write(MemorySegment source, Storage target, long byteOffset);

    /** Copies a storage's bytes, from {@code byteOffset} on, to the host until {@code target} is full; waits for them. */
    void read(Storage source, long byteOffset, MemorySegment target);

    /** The storage's bytes, read-only, where the host can address them; empty for memory it cannot touch. */
    Optional<MemorySegment> hostSegment(Storage storage);

    /** Copies elements between views of one shape, any strides (target strides not 0), converting between any two types. */
    void copy(View source, View target);

    /** Sets every element, converted to the view's type; any strides. */
    void fill(View target, double value);

    /** What is in use and pooled now. */
    MemoryUsage usage();

    /** Gives pooled memory that nobody uses back to the system. */
    void trim();

    /** Waits until all work handed to this backend is done. */
    void synchronize();
}
