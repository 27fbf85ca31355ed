package dev.gatun.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokens and their numbers: 0 is padding, 1 stands for everything unknown, then come the tokens by falling frequency. Immutable.
 *
 * <pre>{@code
 * Vocabulary vocabulary = Vocabulary.counting(reviews.stream().map(Review::words).toList(), 20_000, 2);
 * int[] ids = vocabulary.encode(words);
 * }</pre>
 */
public final class Vocabulary {
    /** The number of padding. */
    public static final int PADDING = 0;

    /** The number of every token that is not in the vocabulary. */
    public static final int UNKNOWN = 1;

    private static final List<String> SPECIAL = List.of("<pad>", "<unk>");

    private final List<String> tokens;
    private final Map<String, Integer> ids;

    private Vocabulary(List<String> tokens) {
        this.tokens = List.copyOf(tokens);
        this.ids = new HashMap<>();
        for (String token : this.tokens) {
            if (ids.putIfAbsent(token, ids.size()) != null) {
                throw new IllegalArgumentException("vocabulary: the token '" + token + "' stands twice");
            }
        }
    }

    /**
     * The most frequent tokens of some texts; of equals, the first in the order of their characters.
     *
     * @param texts each a list of tokens
     * @param largestSize the most numbers there may be, padding and unknown included
     * @param smallestCount how often a token must occur
     */
    public static Vocabulary counting(
            Iterable<? extends Collection<String>> texts, int largestSize, int smallestCount) {
        if (largestSize < SPECIAL.size()) {
            throw new IllegalArgumentException(
                    "vocabulary: the size must be at least " + SPECIAL.size() + ", was given " + largestSize);
        }
        Map<String, Integer> counts = new HashMap<>();
        for (Collection<String> text : texts) {
            text.forEach(token -> counts.merge(token, 1, Integer::sum));
        }
        SPECIAL.forEach(counts::remove);
        List<String> tokens = new ArrayList<>(SPECIAL);
        counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= smallestCount)
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(largestSize - SPECIAL.size())
                .forEach(entry -> tokens.add(entry.getKey()));
        return new Vocabulary(tokens);
    }

    /** A vocabulary as {@link #tokens} gave it, for those that were saved. */
    public static Vocabulary of(List<String> tokens) {
        if (tokens.size() < SPECIAL.size() || !tokens.subList(0, SPECIAL.size()).equals(SPECIAL)) {
            throw new IllegalArgumentException("vocabulary: the first tokens must be " + SPECIAL);
        }
        return new Vocabulary(tokens);
    }

    /** All tokens by number, padding and unknown first. */
    public List<String> tokens() {
        return tokens;
    }

    /** How many numbers there are: what an embedding needs. */
    public int size() {
        return tokens.size();
    }

    /** The number of a token, {@link #UNKNOWN} if it has none. */
    public int id(String token) {
        return ids.getOrDefault(token, UNKNOWN);
    }

    /** The token of a number. */
    public String token(int id) {
        if (id < 0 || id >= tokens.size()) {
            throw new IndexOutOfBoundsException("vocabulary: no token " + id + " among " + tokens.size());
        }
        return tokens.get(id);
    }

    /** The numbers of tokens. */
    public int[] encode(Collection<String> text) {
        return text.stream().mapToInt(this::id).toArray();
    }

    /** The tokens of numbers, without padding. */
    public List<String> decode(int... text) {
        return Arrays.stream(text)
                .filter(id -> id != PADDING)
                .mapToObj(this::token)
                .toList();
    }

    /** Whether a token has a number of its own. */
    public boolean contains(String token) {
        return ids.containsKey(token);
    }

    @Override
    public String toString() {
        return "vocabulary of " + size() + " tokens";
    }
}
