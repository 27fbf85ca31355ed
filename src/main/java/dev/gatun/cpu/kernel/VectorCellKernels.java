package dev.gatun.cpu.kernel;

import static dev.gatun.backend.UnaryFunction.RELU;
import static dev.gatun.backend.UnaryFunction.SIGMOID;
import static dev.gatun.backend.UnaryFunction.TANH;

import java.lang.foreign.MemorySegment;

/**
 * The cells of F32 in the Vector API: σ and tanh run over whole blocks of gates, and {@link CellArithmetic} combines them,
 * {@link CellGradients} on the way back. All that a row needs is in the first cache meanwhile; fused into one loop they would be
 * too large for C2 to keep vectors in registers.
 */
final class VectorCellKernels implements CellKernels {
    private final ElementwiseKernels functions;
    private final CellArithmetic arithmetic;
    private final CellGradients gradients;

    VectorCellKernels(ElementwiseKernels functions, CellArithmetic arithmetic, CellGradients gradients) {
        this.functions = functions;
        this.arithmetic = arithmetic;
        this.gradients = gradients;
    }

    private void sigmoid(MemorySegment x, long at, int n) {
        functions.unary(SIGMOID, x, at, x, at, n);
    }

    private void tanh(MemorySegment x, long at, int n) {
        functions.unary(TANH, x, at, x, at, n);
    }

    @Override
    public void sigmoid(MemorySegment gates, long at, long step, int rows, int n) {
        int done = arithmetic.sigmoid(gates, at, step, rows, n);
        for (int i = 0; done < n && i < rows; i++) {
            sigmoid(gates, at + i * step + done, n - done);
        }
    }

    @Override
    public void tanh(MemorySegment gates, long at, long step, int rows, int n) {
        int done = arithmetic.tanh(gates, at, step, rows, n);
        for (int i = 0; done < n && i < rows; i++) {
            tanh(gates, at + i * step + done, n - done);
        }
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
        if (relu) {
            functions.unary(RELU, gates, gatesAt, gates, gatesAt, n);
        }
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
            int n) {
        gradients.rnnBackward(relu, kept, gatesAt, dy, dyAt, dstate, dhAt, n);
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
        int done = arithmetic.lstm(gates, gatesAt, state, hAt, cAt, y, yAt, n, (float) bound);
        if (done < n) {
            long at = gatesAt + done;
            arithmetic.lstmState(gates, at, n, state, cAt + done, n - done);
            clip(state, cAt + done, n - done, bound);
            functions.unary(TANH, state, cAt + done, state, hAt + done, n - done);
            arithmetic.lstmOutput(gates, at + 3L * n, state, hAt + done, y, yAt + done, n - done);
        }
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
            int n,
            double bound) {
        float clip = (float) bound;
        int done = gradients.lstmOutputBackward(kept, gatesAt, cAt, dy, dyAt, dstate, dhAt, dcAt, n, clip);
        if (done < n) {
            int rest = n - done;
            MemorySegment c = Scratch.ofThread().block();
            gradients.lstmStateAgain(kept, gatesAt + done, n, cAt + done, c, rest);
            clip(c, 0, rest, bound);
            tanh(c, 0, rest);
            long oAt = gatesAt + 3L * n + done;
            gradients.lstmRestBackward(c, kept, oAt, dy, dyAt + done, dstate, dhAt + done, dcAt + done, rest);
        }
        if (bound < Double.POSITIVE_INFINITY) {
            gradients.lstmHeld(kept, gatesAt, cAt, clip, dstate, dcAt, n);
        }
        gradients.lstmStateBackward(kept, gatesAt, cAt, dstate, dcAt, n);
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
        int done = arithmetic.gruCandidate(kept, gatesAt, qAt, bias, biasAt, n);
        if (done < n) {
            tanh(kept, gatesAt + 2L * n + done, n - done);
        }
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
            int n) {
        gradients.gruOutputBackward(kept, gatesAt, hAt, dy, dyAt, dstate, dhAt, n);
        gradients.gruResetBackward(kept, gatesAt, qAt, n);
    }

    @Override
    public void resetGates(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n) {
        sigmoid(gates, gatesAt, 2 * n);
        arithmetic.reset(gates, gatesAt, state, hAt, pAt, n);
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
            int n) {
        gradients.gruOutputBackward(kept, gatesAt, hAt, dy, dyAt, dstate, dhAt, n);
    }

    @Override
    public void resetGatesBackward(
            MemorySegment kept, long gatesAt, long hAt, MemorySegment dstate, long dhAt, long dpAt, int n) {
        gradients.resetGatesBackward(kept, gatesAt, hAt, dstate, dhAt, dpAt, n);
    }
}
