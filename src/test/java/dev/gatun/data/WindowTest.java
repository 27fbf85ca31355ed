package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.layout.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(MemoryLeakExtension.class)
class WindowTest {
    private static final Device CPU = Device.cpu();

    /** Row t is (t, 10 t). */
    private static float[][] rows(int count) {
        return IntStream.range(0, count).mapToObj(t -> new float[] {t, 10 * t}).toArray(float[][]::new);
    }

    @Test
    void windowsBecomeTensors() {
        List<Window> windows = Window.over(rows(6), 3, 2, 0, 6);
        assertEquals(List.of(0, 1), windows.stream().map(Window::start).toList());
        try (Scope _ = Scope.open()) {
            assertEquals(Shape.of(2, 3, 2), Window.inputs(CPU, windows).shape());
            float[] inputs = {0, 0, 1, 10, 2, 20, 1, 10, 2, 20, 3, 30};
            assertArrayEquals(inputs, Window.inputs(CPU, windows).toFloats());
            assertEquals(Shape.of(2, 2), Window.targets(CPU, windows, 1).shape());
            float[] targets = {30, 40, 40, 50};
            assertArrayEquals(targets, Window.targets(CPU, windows, 1).toFloats());
            Window last = Window.last(rows(6), 3);
            float[] newest = {3, 30, 4, 40, 5, 50};
            assertArrayEquals(newest, Window.inputs(CPU, List.of(last)).toFloats());
        }
    }

    @Test
    void nothingThatIsForecastForValidationWasTrainedOn() {
        float[][] rows = rows(100);
        int split = TimeSplit.at(rows.length, 0.2);
        assertEquals(80, split);
        Set<Integer> trained = targets(Window.over(rows, 10, 5, 0, split));
        Set<Integer> validated = targets(Window.over(rows, 10, 5, split, rows.length));
        Set<Integer> inputs = new HashSet<>();
        Window.over(rows, 10, 5, 0, split)
                .forEach(window -> inputs.addAll(range(window.start(), window.targetStart())));
        assertEquals(Set.copyOf(range(10, 80)), trained);
        assertEquals(Set.copyOf(range(80, 100)), validated);
        assertFalse(inputs.stream().anyMatch(validated::contains));
    }

    private static Set<Integer> targets(List<Window> windows) {
        Set<Integer> targets = new HashSet<>();
        windows.forEach(window -> targets.addAll(range(window.targetStart(), window.targetStart() + window.horizon())));
        return targets;
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    @Test
    void examplesAreCutInTime() {
        TimeSplit<Integer> split = TimeSplit.of(List.of(1, 2, 3, 4, 5), 0.4);
        assertEquals(List.of(1, 2, 3), split.train());
        assertEquals(List.of(4, 5), split.validation());
        assertEquals(10, TimeSplit.at(10, 0));
        assertEquals(0, TimeSplit.at(10, 1));
        refused(() -> TimeSplit.at(10, 1.5), "the share must be from 0 to 1, was given 1.5");
        refused(() -> TimeSplit.at(10, Double.NaN), "the share must be from 0 to 1");
    }

    @Test
    void tooShortASeriesHasNoWindows() {
        assertEquals(List.of(), Window.over(rows(4), 3, 2, 0, 4));
        assertEquals(1, Window.over(rows(5), 3, 2, 0, 5).size());
        assertEquals(1, Window.over(rows(5), 3, 2, 3, 5).size());
        assertEquals(List.of(), Window.over(rows(5), 3, 2, 4, 5));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        refused(() -> Window.last(rows(2), 3), "3 input steps from row -1 and 0 after them do not fit 2 rows");
        refused(() -> Window.over(rows(5), 3, 0, 0, 5), "the horizon must be at least 1, was given 0");
        refused(() -> Window.over(rows(5), 0, 9, 0, 5), "the input steps must be at least 1, were given 0");
        int most = Integer.MAX_VALUE;
        refused(() -> new Window(rows(5), 0, most, most), "do not fit 5 rows");
        assertEquals(List.of(), Window.over(rows(5), most, most, 0, 5));
        refused(() -> Window.over(rows(5), 3, 1, 0, 6), "rows 0 to 6 do not lie within 5 rows");
        List<Window> mixed = List.of(new Window(rows(9), 0, 3, 1), new Window(rows(9), 0, 4, 1));
        try (Scope _ = Scope.open()) {
            refused(() -> Window.inputs(CPU, mixed), "windows of one batch differ: 3 + 1 steps and 4 + 1");
            refused(() -> Window.inputs(CPU, List.of()), "a batch needs at least one window");
            float[][] ragged = {{1, 2}, {1}};
            refused(() -> Window.inputs(CPU, List.of(new Window(ragged, 0, 2, 0))), "row 1 has 1 columns, others 2");
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
