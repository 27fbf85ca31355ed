package dev.gatun.cpu.kernel;

import static dev.gatun.backend.UnaryFunction.RELU;
import static dev.gatun.backend.UnaryFunction.SIGMOID;
import static dev.gatun.backend.UnaryFunction.TANH;

import java.lang.foreign.MemorySegment;

/**
 * The cells of F32 in the Vector API: σ and tanh run over whole blocks of gates, and {@link CellArithmetic} combines them. All that
 * a row needs is in the first cache meanwhile; fused into one loop they would be too large for C2 to keep vectors in registers.
 */
final class VectorCellKernels implements CellKernels {
    private final ElementwiseKernels functions;
    private final CellArithmetic arithmetic;

    VectorCellKernels(ElementwiseKernels functions, CellArithmetic arithmetic) {
        this.functions = functions;
        this.arithmetic = arithmetic;
    }

    private void sigmoid(MemorySegment x, long at, int n) {
        functions.unary(SIGMOID, x, at, x, at, n);
    }

    private void tanh(MemorySegment x, long at, int n) {
        functions.unary(TANH, x, at, x, at, n);
    }

    @Override
    public void rnn(
            boolean relu,
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            MemorySegment y,
            long yAt,
            int n) {
        functions.unary(relu ? RELU : TANH, gates, gatesAt, gates, gatesAt, n);
        MemorySegment.copy(gates, 4 * gatesAt, state, 4 * hAt, 4L * n);
        MemorySegment.copy(gates, 4 * gatesAt, y, 4 * yAt, 4L * n);
    }

    @Override
    public void rnnBackward(
            boolean relu,
            MemorySegment kept,
            long gatesAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            MemorySegment dgates,
            long dgatesAt,
            int n) {
        arithmetic.rnnBackward(relu, kept, gatesAt, dy, dyAt, dstate, dhAt, dgates, dgatesAt, n);
    }

    @Override
    public void lstm(
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            long cAt,
            MemorySegment y,
            long yAt,
            int n,
            double bound) {
        sigmoid(gates, gatesAt, 2 * n);
        tanh(gates, gatesAt + 2L * n, n);
        sigmoid(gates, gatesAt + 3L * n, n);
        arithmetic.lstmState(gates, gatesAt, state, cAt, n);
        clip(state, cAt, n, bound);
        functions.unary(TANH, state, cAt, state, hAt, n);
        arithmetic.lstmOutput(gates, gatesAt, state, hAt, y, yAt, n);
    }

    @Override
    public void lstmBackward(
            MemorySegment kept,
            long gatesAt,
            long cAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            MemorySegment dgates,
            long dgatesAt,
            int n,
            double bound) {
        arithmetic.lstmStateAgain(kept, gatesAt, cAt, dgates, dgatesAt + 3L * n, n);
        clip(dgates, dgatesAt + 3L * n, n, bound);
        tanh(dgates, dgatesAt + 3L * n, n);
        arithmetic.lstmOutputBackward(kept, gatesAt, dy, dyAt, dstate, dhAt, dcAt, dgates, dgatesAt, n);
        arithmetic.lstmStateBackward(kept, gatesAt, cAt, dstate, dcAt, dgates, dgatesAt, n);
        if (bound < Double.POSITIVE_INFINITY) {
            arithmetic.lstmHeld(kept, gatesAt, cAt, (float) bound, dstate, dcAt, dgates, dgatesAt, n);
        }
    }

    private void clip(MemorySegment c, long at, int n, double bound) {
        if (bound < Double.POSITIVE_INFINITY) {
            functions.clamp(c, at, -bound, bound, c, at, n);
        }
    }

    @Override
    public void gru(
            MemorySegment kept,
            long gatesAt,
            long qAt,
            MemorySegment bias,
            long biasAt,
            MemorySegment state,
            long hAt,
            MemorySegment y,
            long yAt,
            int n) {
        sigmoid(kept, gatesAt, 2 * n);
        arithmetic.gruCandidate(kept, gatesAt, qAt, bias, biasAt, n);
        tanh(kept, gatesAt + 2L * n, n);
        arithmetic.gruOutput(kept, gatesAt, state, hAt, y, yAt, n);
    }

    @Override
    public void gruBackward(
            MemorySegment kept,
            long gatesAt,
            long qAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            MemorySegment dgates,
            long inputAt,
            long recurrentAt,
            int n) {
        arithmetic.gruOutputBackward(kept, gatesAt, hAt, dy, dyAt, dstate, dhAt, dgates, inputAt, n);
        arithmetic.gruResetBackward(kept, gatesAt, qAt, dgates, inputAt, recurrentAt, n);
    }

    @Override
    public void resetGates(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n) {
        sigmoid(gates, gatesAt, 2 * n);
        arithmetic.reset(gates, gatesAt, state, hAt, state, pAt, n);
    }

    @Override
    public void resetOutput(
            MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n) {
        tanh(gates, gatesAt + 2L * n, n);
        arithmetic.gruOutput(gates, gatesAt, state, hAt, y, yAt, n);
    }

    @Override
    public void resetOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            MemorySegment dgates,
            long dgatesAt,
            int n) {
        arithmetic.gruOutputBackward(kept, gatesAt, hAt, dy, dyAt, dstate, dhAt, dgates, dgatesAt, n);
    }

    @Override
    public void resetGatesBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dstate,
            long dhAt,
            long dpAt,
            MemorySegment dgates,
            long dgatesAt,
            long pAt,
            int n) {
        arithmetic.resetGatesBackward(kept, gatesAt, hAt, dstate, dhAt, dpAt, dgates, dgatesAt, n);
        arithmetic.reset(kept, gatesAt, kept, hAt, dgates, pAt, n);
    }
}
