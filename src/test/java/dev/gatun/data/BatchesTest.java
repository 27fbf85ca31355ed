package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private static <E> List<E> all(List<List<E>> epoch) {
        return epoch.stream().flatMap(List::stream).toList();
    }

    private static <E extends Comparable<E>> List<E> sorted(List<E> elements) {
        return elements.stream().sorted(Comparator.naturalOrder()).toList();
    }

    @Test
    void batchesKeepTheOrderAndTheLastHasTheRest() {
        Batches<Integer> batches = Batches.of(numbers(7), 3);
        assertEquals(3, batches.count());
        List<List<Integer>> seen = new ArrayList<>();
        batches.forEach(seen::add);
        assertEquals(List.of(List.of(0, 1, 2), List.of(3, 4, 5), List.of(6)), seen);
        assertEquals(
                List.of(List.of(0, 1, 2), List.of(3, 4, 5)),
                batches.droppingRest().epoch(0));
        assertEquals(2, batches.droppingRest().count());
        assertEquals(List.of(), Batches.of(List.of(), 3).epoch(0));
        assertEquals(1, Batches.of(numbers(2), 5).count());
    }

    @Test
    void everyEpochHasAnOrderOfItsOwnThatTheSeedGives() {
        Batches<Integer> batches = Batches.of(numbers(100), 8).shuffled(42);
        List<Integer> first = all(batches.epoch(0));
        assertEquals(numbers(100), sorted(first));
        assertNotEquals(numbers(100), first);
        assertNotEquals(first, all(batches.epoch(1)));
        assertEquals(first, all(batches.epoch(0)));
        assertEquals(first, all(Batches.of(numbers(100), 8).shuffled(42).epoch(0)));
        Batches<Integer> neighbour = Batches.of(numbers(100), 8).shuffled(43);
        assertNotEquals(first, all(neighbour.epoch(0)));
        assertNotEquals(all(batches.epoch(1)), all(neighbour.epoch(0)));
    }

    @Test
    void eachIterationIsTheNextEpoch() {
        Batches<Integer> batches = Batches.of(numbers(20), 4).shuffled(1);
        for (int epoch = 0; epoch < 3; epoch++) {
            List<List<Integer>> seen = new ArrayList<>();
            for (List<Integer> batch : batches) {
                seen.add(batch);
            }
            assertEquals(batches.epoch(epoch), seen);
        }
    }

    @Test
    void bucketsPutSimilarLengthsTogether() {
        List<String> texts =
                IntStream.range(0, 1000).mapToObj(i -> "x".repeat(i * 37 % 101)).toList();
        Batches<String> plain = Batches.of(texts, 10).shuffled(7);
        Batches<String> bucketed = plain.bucketed(String::length);
        assertEquals(sorted(texts), sorted(all(bucketed.epoch(3))));
        assertTrue(padding(bucketed.epoch(3)) * 5 < padding(plain.epoch(3)));
        assertNotEquals(all(bucketed.epoch(0)), all(bucketed.epoch(1)));
        assertEquals(all(bucketed.epoch(1)), all(bucketed.epoch(1)));
        List<Integer> longest = bucketed.epoch(0).stream()
                .map(batch -> batch.stream().mapToInt(String::length).max().orElse(0))
                .toList();
        assertNotEquals(sorted(longest), longest);
        Batches<String> unshuffled = Batches.of(texts, 10).bucketed(String::length);
        List<Integer> inOrder =
                all(unshuffled.epoch(0)).stream().map(String::length).toList();
        assertEquals(sorted(inOrder), inOrder);
    }

    private static int padding(List<List<String>> epoch) {
        int steps = 0;
        for (List<String> batch : epoch) {
            int longest = batch.stream().mapToInt(String::length).max().orElse(0);
            steps += batch.stream().mapToInt(text -> longest - text.length()).sum();
        }
        return steps;
    }

    @Test
    void examplesAreLoadedWhenTheyAreUsed() {
        List<Integer> loaded = new ArrayList<>();
        List<Integer> lazy = new AbstractList<>() {
            @Override
            public Integer get(int index) {
                loaded.add(index);
                return index;
            }

            @Override
            public int size() {
                return 1000;
            }
        };
        List<List<Integer>> epoch = Batches.of(lazy, 4).shuffled(1).epoch(0);
        assertEquals(List.of(), loaded);
        int fifth = epoch.get(1).getFirst();
        assertEquals(List.of(fifth), loaded);
    }

    @Test
    void aBatchNeedsASize() {
        String message = assertThrows(IllegalArgumentException.class, () -> Batches.of(numbers(3), 0))
                .getMessage();
        assertEquals("batches: the size must be at least 1, was given 0", message);
    }
}
