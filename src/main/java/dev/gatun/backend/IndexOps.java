package dev.gatun.backend;

/**
 * Rows chosen by index. Indices are I32 or I64, contiguous. Where one is out of range nothing is written, and {@link
 * IndexOutOfBoundsException} is thrown: at once, or by a device that works on its own, at the latest at the next {@link MemoryOps#read} or
 * {@link MemoryOps#synchronize}.
 */
public interface IndexOps {
    /** y[i, :] = table[indices[i], :]: table [rows, features], indices [n], y [n, features], all contiguous, of any one type. */
    void gather(View table, View indices, View y);

    /**
     * table[indices[i], :] += source[i, :] for every i with indices[i] ≠ ignored, in ascending order of i: source [n, features],
     * table [rows, features], contiguous.
     *
     * @param ignored an index that adds nothing (a padding row), or −1
     */
    void scatterAdd(View source, View indices, long ignored, View table);
}
