package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What {@link VectorCellKernels} does between the functions of its gates: sums and products over one row, with that class's names
 * and arguments.
 */
interface CellArithmetic {
    /** {@link CellKernels#sigmoid} of the whole vectors of each row; says how many elements these are. */
    int sigmoid(MemorySegment gates, long at, long step, int rows, int n);

    /** The same of tanh. */
    int tanh(MemorySegment gates, long at, long step, int rows, int n);

    /** {@link CellKernels#lstm} of whole vectors; says how many elements these are. */
    int lstm(
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            long cAt,
            MemorySegment y,
            long yAt,
            int n,
            float bound);

    /** c′ = f c + i g, in c's place, for {@code n} elements of gates that are {@code block} apart. */
    void lstmState(MemorySegment gates, long gatesAt, long block, MemorySegment state, long cAt, int n);

    /** h′ = o tanh(c′), which is found in h′'s place. */
    void lstmOutput(MemorySegment gates, long oAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n);

    /** q ← q + b; aₙ ← tanh(aₙ + r q); says from where on it left aₙ + r q itself. */
    int gruCandidate(MemorySegment kept, long gatesAt, long qAt, MemorySegment bias, long biasAt, int n);

    /** h′ = n + z (h − n). */
    void gruOutput(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n);

    /** p = r h. */
    void reset(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n);
}
