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

    /** da = (dh + dy) (1 − h′²), or dh + dy where h′ &gt; 0 and 0 elsewhere. */
    void rnnBackward(
            boolean relu,
            MemorySegment kept,
            long gatesAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            MemorySegment dgates,
            long dgatesAt,
            int n);

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

    /**
     * The first half of {@link CellKernels#lstmBackward}, of whole vectors: do, and the whole dc; says how many elements these are.
     */
    int lstmOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long cAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            MemorySegment dgates,
            long doAt,
            int n,
            float bound);

    /** The same of single elements, given tanh(c′). */
    void lstmOutputBackward(
            MemorySegment tanh,
            MemorySegment kept,
            long oAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            MemorySegment dgates,
            long doAt,
            int n);

    /** c′ = f c + i g once more, to the start of {@code target}, for {@code n} elements of gates that are {@code block} apart. */
    void lstmStateAgain(MemorySegment kept, long gatesAt, long block, long cAt, MemorySegment target, int n);

    /** dc = 0 where f c + i g reaches ± bound. */
    void lstmHeld(MemorySegment kept, long gatesAt, long cAt, float bound, MemorySegment dstate, long dcAt, int n);

    /** The second half: di, df, dg; dc ← dc f. Together they would be too large for C1's registers. */
    void lstmStateBackward(
            MemorySegment kept,
            long gatesAt,
            long cAt,
            MemorySegment dstate,
            long dcAt,
            MemorySegment dgates,
            long dgatesAt,
            int n);

    /** q ← q + b; aₙ ← tanh(aₙ + r q); says from where on it left aₙ + r q itself. */
    int gruCandidate(MemorySegment kept, long gatesAt, long qAt, MemorySegment bias, long biasAt, int n);

    /** h′ = n + z (h − n). */
    void gruOutput(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n);

    /** {@link CellKernels#resetOutputBackward}. */
    void gruOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            MemorySegment dgates,
            long dgatesAt,
            int n);

    /** dq = dn r, dr = dq q (1 − r); dz as it is: what {@link CellKernels#gruBackward} has beyond {@link #gruOutputBackward}. */
    void gruResetBackward(
            MemorySegment kept, long gatesAt, long qAt, MemorySegment dgates, long inputAt, long recurrentAt, int n);

    /** p = r h. */
    void reset(
            MemorySegment gates, long gatesAt, MemorySegment hidden, long hAt, MemorySegment product, long pAt, int n);

    /** dr = dp h r (1 − r); dh += dp r. */
    void resetGatesBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dstate,
            long dhAt,
            long dpAt,
            MemorySegment dgates,
            long dgatesAt,
            int n);
}
