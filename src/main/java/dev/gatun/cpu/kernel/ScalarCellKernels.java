package dev.gatun.cpu.kernel;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** The plain cells, for F32 and F64: every element is computed in double and rounded once. */
public final class ScalarCellKernels implements CellKernels {
    private final Element element;

    /** Cells in F32 or F64. */
    public ScalarCellKernels(DType dtype) {
        this.element = Element.of(dtype);
    }

    private double get(MemorySegment segment, long index) {
        return element.get(segment, index);
    }

    /** Stores a value and gives back what was stored, so that what follows uses what a later pass will read. */
    private double set(MemorySegment segment, long index, double value) {
        element.set(segment, index, value);
        return element.get(segment, index);
    }

    @Override
    public void sigmoid(MemorySegment gates, long at, long step, int rows, int n) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                set(gates, at + i * step + j, ScalarFunctions.sigmoid(get(gates, at + i * step + j)));
            }
        }
    }

    @Override
    public void tanh(MemorySegment gates, long at, long step, int rows, int n) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                set(gates, at + i * step + j, Math.tanh(get(gates, at + i * step + j)));
            }
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
        for (int j = 0; j < n; j++) {
            double a = get(gates, gatesAt + j);
            double h = set(gates, gatesAt + j, relu ? Math.max(a, 0) : a);
            set(state, hAt + j, h);
            set(y, yAt + j, h);
        }
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
        for (int j = 0; j < n; j++) {
            double h = get(kept, gatesAt + j);
            double dh = get(dstate, dhAt + j) + get(dy, dyAt + j);
            double da = h <= 0 ? 0 : dh;
            set(kept, gatesAt + j, relu ? da : dh * (1 - h * h));
        }
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
        for (int j = 0; j < n; j++) {
            long at = gatesAt + j;
            double i = get(gates, at);
            double f = get(gates, at + n);
            double g = get(gates, at + 2L * n);
            double o = get(gates, at + 3L * n);
            double c = set(state, cAt + j, clip(f * get(state, cAt + j) + i * g, bound));
            double h = set(state, hAt + j, o * Math.tanh(c));
            set(y, yAt + j, h);
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
        for (int j = 0; j < n; j++) {
            double i = get(kept, gatesAt + j);
            double f = get(kept, gatesAt + n + j);
            double g = get(kept, gatesAt + 2L * n + j);
            double o = get(kept, gatesAt + 3L * n + j);
            double c = get(kept, cAt + j);
            double after = clip(f * c + i * g, bound);
            double tanh = Math.tanh(after);
            boolean held = bound < Double.POSITIVE_INFINITY && Math.abs(after) >= bound;
            double before = held ? set(kept, cAt + j, 0) : c;
            double dh = get(dstate, dhAt + j) + get(dy, dyAt + j);
            double dc = held ? 0 : get(dstate, dcAt + j) + dh * o * (1 - tanh * tanh);
            set(kept, gatesAt + j, dc * g * i * (1 - i));
            set(kept, gatesAt + n + j, dc * before * f * (1 - f));
            set(kept, gatesAt + 2L * n + j, dc * i * (1 - g * g));
            set(kept, gatesAt + 3L * n + j, dh * tanh * o * (1 - o));
            set(dstate, dcAt + j, dc * f);
        }
    }

    /** NaN stays NaN. */
    private static double clip(double c, double bound) {
        return Math.max(-bound, Math.min(bound, c));
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
        for (int j = 0; j < n; j++) {
            long at = gatesAt + j;
            double r = get(kept, at);
            double z = get(kept, at + n);
            double q = set(kept, qAt + j, get(kept, qAt + j) + get(bias, biasAt + j));
            double candidate = set(kept, at + 2L * n, Math.tanh(get(kept, at + 2L * n) + r * q));
            double h = set(state, hAt + j, candidate + z * (get(state, hAt + j) - candidate));
            set(y, yAt + j, h);
        }
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
        for (int j = 0; j < n; j++) {
            double r = get(kept, gatesAt + j);
            double z = get(kept, gatesAt + n + j);
            double candidate = get(kept, gatesAt + 2L * n + j);
            double dh = get(dstate, dhAt + j) + get(dy, dyAt + j);
            double dz = dh * (get(kept, hAt + j) - candidate) * z * (1 - z);
            double dn = dh * (1 - z) * (1 - candidate * candidate);
            double dr = dn * get(kept, qAt + j) * r * (1 - r);
            set(kept, gatesAt + j, dr);
            set(kept, gatesAt + n + j, dz);
            set(kept, gatesAt + 2L * n + j, dn);
            set(kept, qAt + j, dn * r);
            set(dstate, dhAt + j, dh * z);
        }
    }

    @Override
    public void resetGates(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n) {
        for (int j = 0; j < n; j++) {
            double r = set(gates, gatesAt + j, ScalarFunctions.sigmoid(get(gates, gatesAt + j)));
            set(gates, gatesAt + n + j, ScalarFunctions.sigmoid(get(gates, gatesAt + n + j)));
            set(gates, pAt + j, r * get(state, hAt + j));
        }
    }

    @Override
    public void resetOutput(
            MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n) {
        for (int j = 0; j < n; j++) {
            double z = get(gates, gatesAt + n + j);
            double candidate = set(gates, gatesAt + 2L * n + j, Math.tanh(get(gates, gatesAt + 2L * n + j)));
            double h = set(state, hAt + j, candidate + z * (get(state, hAt + j) - candidate));
            set(y, yAt + j, h);
        }
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
        for (int j = 0; j < n; j++) {
            double z = get(kept, gatesAt + n + j);
            double candidate = get(kept, gatesAt + 2L * n + j);
            double dh = get(dstate, dhAt + j) + get(dy, dyAt + j);
            set(kept, gatesAt + n + j, dh * (get(kept, hAt + j) - candidate) * z * (1 - z));
            set(kept, gatesAt + 2L * n + j, dh * (1 - z) * (1 - candidate * candidate));
            set(dstate, dhAt + j, dh * z);
        }
    }

    @Override
    public void resetGatesBackward(
            MemorySegment kept, long gatesAt, long hAt, MemorySegment dstate, long dhAt, long dpAt, int n) {
        for (int j = 0; j < n; j++) {
            double r = get(kept, gatesAt + j);
            double h = get(kept, hAt + j);
            double dp = get(dstate, dpAt + j);
            set(kept, gatesAt + j, dp * h * r * (1 - r));
            set(dstate, dhAt + j, get(dstate, dhAt + j) + dp * r);
        }
    }
}
