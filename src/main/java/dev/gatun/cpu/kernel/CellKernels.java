package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Gates of recurrent cells over one row of a batch, forward and backward. A row of gates holds its blocks of {@code n} = hiddenSize
 * elements in PyTorch's order; offsets are in elements. Forward kernels find pre-activations there, where they do not say that
 * {@link #sigmoid} or {@link #tanh} came first; they leave activations, take the hidden state h and leave h′ in
 * its place and in {@code y}. Backward kernels find what the next step says of ∂L/∂h′ in
 * {@code dstate}, at {@code dhAt}, and add {@code dy} to it; they leave the gradients of the pre-activations in the gates' place.
 */
public interface CellKernels {
    /** σ in place, of {@code n} elements in each of so many rows, {@code step} apart. */
    void sigmoid(MemorySegment gates, long at, long step, int rows, int n);

    /** The same of tanh. */
    void tanh(MemorySegment gates, long at, long step, int rows, int n);

    /** h′ = a already activated by tanh, or max(0, a). */
    void rnn(
            boolean relu,
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            MemorySegment y,
            long yAt,
            int n);

    /** With dh the whole ∂L/∂h′: da = dh (1 − h′²), or dh where h′ &gt; 0 and 0 elsewhere. */
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
     * With i, f, g, o already activated: c′ = f c + i g, within ± bound; h′ = o tanh(c′).
     *
     * @param bound of c′; ∞ for none
     */
    void lstm(
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            long cAt,
            MemorySegment y,
            long yAt,
            int n,
            double bound);

    /**
     * With dh the whole ∂L/∂h′ and c′ = f c + i g: do = dh tanh(c′) o (1 − o); dc += dh o (1 − tanh²(c′)); di = dc g i (1 − i);
     * df = dc c f (1 − f); dg = dc i (1 − g²); dc ← dc f. Where c′ is at its bound, di = df = dg = 0 and dc ← 0.
     *
     * @param kept holds the activated gates and, at {@code cAt}, the cell state before the step, which is undefined afterwards
     * @param bound as the forward pass had it
     */
    void lstmBackward(
            MemorySegment kept,
            long gatesAt,
            long cAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            int n,
            double bound);

    /**
     * With r, z already activated: q ← q + b; n = tanh(aₙ + r q); h′ = (1 − z) n + z h.
     *
     * @param kept holds the gates and, at {@code qAt}, the recurrent product q = Rₙ h
     * @param bias holds b, the recurrent bias of n
     */
    void gru(
            MemorySegment kept,
            long gatesAt,
            long qAt,
            MemorySegment bias,
            long biasAt,
            MemorySegment state,
            long hAt,
            MemorySegment y,
            long yAt,
            int n);

    /**
     * With dh the whole ∂L/∂h′: dz = dh (h − n) z (1 − z); dn = dh (1 − z) (1 − n²); dr = dn q r (1 − r); dq = dn r, in the
     * place of q; dh ← dh z.
     *
     * @param kept holds the activated gates, q at {@code qAt} and the hidden state before the step at {@code hAt}
     */
    void gruBackward(
            MemorySegment kept,
            long gatesAt,
            long qAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n);

    /** The GRU that resets before the product, first half: r, z = σ of the gates; p = r h, which goes to {@code pAt} beside them. */
    void resetGates(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n);

    /** Second half, the gates of n now holding the product of p as well: n = tanh(aₙ); h′ = (1 − z) n + z h. */
    void resetOutput(
            MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n);

    /** Backward through {@link #resetOutput}: dz = dh (h − n) z (1 − z); dn = dh (1 − z) (1 − n²); dh ← dh z. It leaves r as it is. */
    void resetOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n);

    /**
     * Then backward through {@link #resetGates}: dr = dp h r (1 − r); dh += dp r.
     *
     * @param dstate holds dh and, at {@code dpAt}, the gradient of p
     */
    void resetGatesBackward(
            MemorySegment kept, long gatesAt, long hAt, MemorySegment dstate, long dhAt, long dpAt, int n);
}
