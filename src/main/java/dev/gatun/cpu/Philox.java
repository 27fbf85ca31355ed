package dev.gatun.cpu;

import dev.gatun.backend.RandomStream;

/**
 * Philox4x32-10: four random words out of a counter and a key. Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3", SC 2011. Of one thread; holds the words of the last block.
 */
final class Philox {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final long LOW = 0xFFFFFFFFL;

    private final RandomStream stream;
    private int word0;
    private int word1;
    private int word2;
    private int word3;

    Philox(RandomStream stream) {
        this.stream = stream;
    }

    /** Makes the words of the stream's n-th block. */
    void block(long n) {
        long counter = stream.offset() + n;
        generate((int) counter, (int) (counter >>> 32), 0, 0, (int) stream.seed(), (int) (stream.seed() >>> 32));
    }

    /** Makes the words of a whole counter, low words first, under a key. */
    void generate(int counter0, int counter1, int counter2, int counter3, int key0, int key1) {
        int c0 = counter0;
        int c1 = counter1;
        int c2 = counter2;
        int c3 = counter3;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (c0 & LOW);
            long product1 = MULTIPLIER_1 * (c2 & LOW);
            c0 = (int) (product1 >>> 32) ^ c1 ^ (key0 + round * WEYL_0);
            c2 = (int) (product0 >>> 32) ^ c3 ^ (key1 + round * WEYL_1);
            c1 = (int) product1;
            c3 = (int) product0;
        }
        word0 = c0;
        word1 = c1;
        word2 = c2;
        word3 = c3;
    }

    /** A word of the block, 0 to 3. */
    int word(int index) {
        return switch (index) {
            case 0 -> word0;
            case 1 -> word1;
            case 2 -> word2;
            default -> word3;
        };
    }

    /** A word of the block as a number in [0, 1): its upper 24 bits. */
    double unit(int index) {
        return (word(index) >>> 8) * 0x1p-24;
    }
}
