package dev.gatun.cpu.recurrent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TimelineTest {
    @Test
    void sortsLongestFirstAndKeepsTheOrderOfEquals() {
        Timeline timeline = new Timeline(5, 4, new int[] {2, 0, 4, 1, 2});
        assertArrayEquals(
                new int[] {4, 2, 2, 1, 0},
                IntStream.range(0, 5).map(timeline::length).toArray());
        assertArrayEquals(
                new int[] {4, 3, 1, 1},
                IntStream.range(0, 4).map(timeline::active).toArray());
        assertEquals(9, timeline.rows());
        StepRows batch = timeline.batchMajor(MemorySegment.NULL, DType.F32, 0, 1);
        assertArrayEquals(
                new int[] {2, 0, 4, 3, 1},
                IntStream.range(0, 5).map(i -> (int) batch.at(0, i) / 4).toArray());
        StepRows packed = timeline.packed(MemorySegment.NULL, DType.F32, 10, 3);
        assertEquals(10, packed.at(0, 0));
        assertEquals(10 + 4 * 3, packed.at(1, 0));
        assertEquals(10 + (4 + 3 + 1) * 3, packed.at(3, 0));
    }

    @Test
    void withoutLengthsAllRun() {
        Timeline timeline = new Timeline(3, 2, null);
        assertEquals(6, timeline.rows());
        assertEquals(3, timeline.active(1));
        assertFalse(timeline.isBatchMajor());
        assertTrue(new Timeline(1, 2, null).isBatchMajor());
        assertTrue(new Timeline(3, 1, null).isBatchMajor());
        assertFalse(new Timeline(3, 1, new int[] {1, 0, 1}).isBatchMajor());
    }

    @Test
    void splitsIntoRangesOfAboutAsManyRows() {
        assertArrayEquals(new int[] {0, 32, 64}, new Timeline(64, 50, null).split(2));
        assertArrayEquals(new int[] {0, 1, 2}, new Timeline(2, 50, null).split(5));
        assertArrayEquals(new int[] {0, 1, 4}, new Timeline(4, 9, new int[] {3, 9, 3, 3}).split(2));
        assertArrayEquals(new int[] {0, 2}, new Timeline(2, 9, new int[] {0, 0}).split(1));
        assertArrayEquals(new int[] {0, 0}, new Timeline(0, 9, null).split(4));
    }
}
