package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class VocabularyTest {
    private static final List<List<String>> TEXTS =
            List.of(List.of("the", "ship", "sails", "the", "canal"), List.of("the", "canal", "<unk>"));

    @Test
    void tokensAreNumberedByFrequencyThenByName() {
        Vocabulary vocabulary = Vocabulary.counting(TEXTS, 100, 1);
        assertEquals(List.of("<pad>", "<unk>", "the", "canal", "sails", "ship"), vocabulary.tokens());
        assertEquals(6, vocabulary.size());
        assertArrayEquals(new int[] {2, 5, Vocabulary.UNKNOWN}, vocabulary.encode(List.of("the", "ship", "lock")));
        assertEquals(List.of("the", "<unk>"), vocabulary.decode(2, Vocabulary.UNKNOWN, Vocabulary.PADDING));
        assertTrue(vocabulary.contains("canal"));
        assertFalse(vocabulary.contains("lock"));
        assertEquals("vocabulary of 6 tokens", vocabulary.toString());
    }

    @Test
    void rareTokensAreLeftOut() {
        Vocabulary twice = Vocabulary.counting(TEXTS, 100, 2);
        assertEquals(List.of("<pad>", "<unk>", "the", "canal"), twice.tokens());
        Vocabulary one = Vocabulary.counting(TEXTS, 3, 1);
        assertEquals(List.of("<pad>", "<unk>", "the"), one.tokens());
        assertEquals(2, Vocabulary.counting(TEXTS, 2, 1).size());
    }

    @Test
    void savedTokensGiveTheSameNumbers() {
        Vocabulary vocabulary = Vocabulary.counting(TEXTS, 100, 1);
        Vocabulary again = Vocabulary.of(vocabulary.tokens());
        assertEquals(vocabulary.tokens(), again.tokens());
        assertEquals(vocabulary.id("ship"), again.id("ship"));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        refused(() -> Vocabulary.of(List.of("the")), "the first tokens must be [<pad>, <unk>]");
        refused(() -> Vocabulary.of(List.of("<pad>", "<unk>", "a", "a")), "the token 'a' stands twice");
        refused(() -> Vocabulary.counting(TEXTS, 1, 1), "the size must be at least 2, was given 1");
        Vocabulary vocabulary = Vocabulary.counting(TEXTS, 100, 1);
        String message = assertThrows(IndexOutOfBoundsException.class, () -> vocabulary.token(6))
                .getMessage();
        assertEquals("vocabulary: no token 6 among 6", message);
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
