package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;

/** The way back through what {@link CellArithmetic} does, with the names and arguments of {@link CellKernels}. */
interface CellGradients {
    /** da = (dh + dy) (1 − h′²), or dh + dy where h′ &gt; 0 and 0 elsewhere. */
    void rnnBackward(
            boolean relu,
            MemorySegment kept,
            long gatesAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n);

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
            int n,
            float bound);

    /** The same of what whole vectors leave, given tanh(c′). */
    void lstmRestBackward(
            MemorySegment tanh,
            MemorySegment kept,
            long oAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            int n);

    /** c′ = f c + i g once more, to the start of {@code target}, for {@code n} elements of gates that are {@code block} apart. */
    void lstmStateAgain(MemorySegment kept, long gatesAt, long block, long cAt, MemorySegment target, int n);

    /** dc = c = 0 where f c + i g reaches ± bound: no gradient then follows from them, not even of a c that was infinite. */
    void lstmHeld(MemorySegment kept, long gatesAt, long cAt, float bound, MemorySegment dstate, long dcAt, int n);

    /** The second half: di, df, dg; dc ← dc f. Together they would be too large for C1's registers. */
    void lstmStateBackward(MemorySegment kept, long gatesAt, long cAt, MemorySegment dstate, long dcAt, int n);

    /** {@link CellKernels#resetOutputBackward}. */
    void gruOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n);

    /**
     * What {@link CellKernels#gruBackward} has beyond {@link #gruOutputBackward}, given dn in the place of n: dq = dn r, in that of
     * q, and dr = dq q (1 − r).
     */
    void gruResetBackward(MemorySegment kept, long gatesAt, long qAt, int n);

    /** dr = dp h r (1 − r); dh += dp r. */
    void resetGatesBackward(
            MemorySegment kept, long gatesAt, long hAt, MemorySegment dstate, long dhAt, long dpAt, int n);
}
