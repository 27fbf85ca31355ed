package dev.gatun.cpu.kernel;

import dev.gatun.backend.RandomStream;

/** Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): block i of a stream is a function of i and the seed. */
public final class Philox {
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final int ROUNDS = 10;
    private static final int BLOCK = 4;

    private Philox() {}

    /** The words of elements {@code first} to first + n − 1 of a stream, into the start of {@code words}. */
    public static void fill(RandomStream stream, long first, int n, int[] words) {
        long counter = stream.offset() + Long.divideUnsigned(first, BLOCK);
        int skipped = (int) (first & (BLOCK - 1));
        int at = 0;
        if (skipped != 0) {
            int[] block = new int[BLOCK];
            block(stream.seed(), 0, counter++, block, 0);
            at = Math.min(BLOCK - skipped, n);
            System.arraycopy(block, skipped, words, 0, at);
        }
        for (; at <= n - BLOCK; at += BLOCK) {
            block(stream.seed(), 0, counter++, words, at);
        }
        if (at < n) {
            int[] block = new int[BLOCK];
            block(stream.seed(), 0, counter, block, 0);
            System.arraycopy(block, 0, words, at, n - at);
        }
    }

    /** The number in [0, 1) that a word stands for: its upper 24 bits. */
    public static float uniform(int word) {
        return (word >>> 8) * 0x1p-24f;
    }

    /** The four words of one block, of a counter of 128 bits; streams leave its upper half 0. */
    static void block(long seed, long high, long low, int[] target, int at) {
        int c0 = (int) low;
        int c1 = (int) (low >>> 32);
        int c2 = (int) high;
        int c3 = (int) (high >>> 32);
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = (c0 & 0xFFFFFFFFL) * MULTIPLIER_0;
            long product1 = (c2 & 0xFFFFFFFFL) * MULTIPLIER_1;
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        target[at] = c0;
        target[at + 1] = c1;
        target[at + 2] = c2;
        target[at + 3] = c3;
    }
}
