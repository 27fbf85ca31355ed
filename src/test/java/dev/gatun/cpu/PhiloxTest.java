package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.RandomStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The known answers that come with Random123, in the file kat_vectors, for philox4x32 with 10 rounds. */
class PhiloxTest {
    private static void check(String counter, String key, String answer) {
        int[] c = words(counter);
        int[] k = words(key);
        Philox philox = new Philox(new RandomStream(0, 0));
        philox.generate(c[0], c[1], c[2], c[3], k[0], k[1]);
        int[] expected = words(answer);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], philox.word(i), "word " + i);
        }
    }

    private static int[] words(String hexadecimal) {
        return Arrays.stream(hexadecimal.split(" "))
                .mapToInt(word -> Integer.parseUnsignedInt(word, 16))
                .toArray();
    }

    @Test
    void knownAnswers() {
        check("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8");
        check("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd");
        check("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1");
    }

    @Test
    void blocksCountOnFromTheOffset() {
        Philox whole = new Philox(new RandomStream(0x299f31d0a4093822L, 0xFFFFFFFFL));
        whole.block(1);
        Philox direct = new Philox(new RandomStream(0, 0));
        direct.generate(0, 1, 0, 0, 0xa4093822, 0x299f31d0);
        assertEquals(direct.word(0), whole.word(0));
        assertEquals(direct.word(3), whole.word(3));
    }
}
