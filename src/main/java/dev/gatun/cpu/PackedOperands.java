package dev.gatun.cpu;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is kept packed of one storage. The second product with the same matrix, nothing having been written to the storage since
 * the first, packs it for all further ones; a write forgets everything. Thread-safe.
 */
final class PackedOperands {
    /** Kept beside {@value #WAYS} times the storage's own bytes: small matrices are padded. */
    private static final long ALLOWANCE = 1 << 16;

    /**
     * Ways of packing the same weights that may be kept: a recurrent layer has more, for one step, one sequence, some and whole tiles of
     * them, but is seldom used in all these ways.
     */
    private static final long WAYS = 3;

    private static final PackedOperand[] NONE = {};

    private final long limit;
    private volatile PackedOperand[] kept = NONE;
    private long bytes;
    private long asked;
    private long writes;

    /** Of a storage of so many bytes. */
    PackedOperands(long storageBytes) {
        this.limit = Math.addExact(Math.multiplyExact(WAYS, storageBytes), ALLOWANCE);
    }

    /**
     * The packed form of a matrix in this storage, with a reference for the caller, who closes it; null where the matrix is to be
     * used as it lies: at its first use, and where too much is kept already.
     */
    @Nullable
    PackedOperand find(CpuRuntime runtime, Gemm gemm, Matrix matrix, int width) {
        return find(runtime, gemm, matrix, width, () -> matrix);
    }

    /** The same of a matrix that has to be put together from parts of this storage; {@code of} is what it is known by, of its size. */
    @Nullable
    PackedOperand find(CpuRuntime runtime, Gemm gemm, Matrix of, int width, Supplier<Matrix> parts) {
        for (PackedOperand each : kept) {
            if (each.isOf(gemm, of, width) && each.memory().retainIfAlive()) {
                return each;
            }
        }
        long before = askedBefore(of, gemm.packedBytes(of.rows(), of.columns()));
        return before < 0 ? null : keep(PackedOperand.pack(runtime, gemm, of, parts.get(), width), before);
    }

    /** The number of writes so far when a matrix was asked for before and fits, else −1; matrices are told apart by one bit of 64. */
    private synchronized long askedBefore(Matrix matrix, long needed) {
        long place = matrix.offset() * 31 + matrix.rows() * 7L + matrix.columns() * 3L + matrix.rowStride();
        long bit = 1L << ((place * 0x9E3779B97F4A7C15L) >>> 58);
        boolean again = (asked & bit) != 0;
        asked |= bit;
        return again && bytes + needed <= limit ? writes : -1;
    }

    /** Keeps what was packed unless the storage was written to meanwhile, or another thread was faster; the caller may use it anyway. */
    private synchronized PackedOperand keep(PackedOperand packed, long before) {
        boolean fits = bytes + packed.memory().byteSize() <= limit;
        for (PackedOperand each : kept) {
            fits &= !each.isOf(packed.gemm(), packed.of(), packed.width());
        }
        if (fits && writes == before) {
            packed.memory().retain();
            bytes += packed.memory().byteSize();
            PackedOperand[] more = Arrays.copyOf(kept, kept.length + 1);
            more[kept.length] = packed;
            kept = more;
        }
        return packed;
    }

    /** The storage is written to, or freed: nothing that was packed is right any more. */
    synchronized void forget() {
        writes++;
        asked = 0;
        bytes = 0;
        PackedOperand[] gone = kept;
        kept = NONE;
        for (PackedOperand each : gone) {
            each.close();
        }
    }
}
