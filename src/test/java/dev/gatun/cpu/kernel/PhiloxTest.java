package dev.gatun.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.RandomStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxTest {
    /// The known answers of Random123, the authors' own library: kat_vectors, philox4x32 10.
    @Test
    void blocksAreTheKnownAnswers() {
        assertBlock(0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        assertBlock(-1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        long pi = 0x85a308d3_243f6a88L;
        long piHigh = 0x03707344_13198a2eL;
        assertBlock(0x299f31d0_a4093822L, piHigh, pi, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    private static void assertBlock(long seed, long high, long low, int... expected) {
        int[] words = new int[4];
        Philox.block(seed, high, low, words, 0);
        assertArrayEquals(expected, words);
    }

    @Test
    void anyRangeOfAStreamIsTheSameNumbers() {
        RandomStream stream = new RandomStream(0x0123456789abcdefL, 0xffff_fffeL);
        int[] all = new int[64];
        Philox.fill(stream, 0, 64, all);
        for (int from = 0; from < 9; from++) {
            for (int n = 0; n < 14; n++) {
                int[] part = new int[n];
                Philox.fill(stream, from, n, part);
                assertArrayEquals(Arrays.copyOfRange(all, from, from + n), part, from + " + " + n);
            }
        }
    }

    @Test
    void uniformsAreTheUpper24Bits() {
        assertEquals(0f, Philox.uniform(0xff));
        assertEquals(0.5f, Philox.uniform(0x8000_0000));
        assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
    }
}
