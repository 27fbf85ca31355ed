package dev.gatun.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.golden.GoldenCase;
import dev.gatun.optim.ReduceOnPlateau.Goal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(MemoryLeakExtension.class)
class ScheduleTest {
    private static final double TOLERANCE = 1e-12;

    static List<String> cases() {
        return GoldenCase.family("schedule");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesPyTorchsRates(String path) {
        try (GoldenCase golden = GoldenCase.open(path);
                Scope _ = Scope.open()) {
            double[] expected = golden.read("expected.lr", Device.cpu()).toDoubles();
            double[] actual = new double[expected.length];
            if (golden.module().equals("ReduceLROnPlateau")) {
                double[] metrics = golden.read("input.metric", Device.cpu()).toDoubles();
                ReduceOnPlateau plateau = new ReduceOnPlateau(plateau(golden));
                for (int i = 0; i < actual.length; i++) {
                    plateau.report(metrics[i]);
                    actual[i] = golden.number("lr") * plateau.factor(i);
                }
            } else {
                Schedule schedule = schedule(golden);
                for (int i = 0; i < actual.length; i++) {
                    actual[i] = golden.number("lr") * schedule.factor(i);
                }
            }
            for (int i = 0; i < actual.length; i++) {
                assertEquals(expected[i], actual[i], TOLERANCE, path + ", step " + i);
            }
        }
    }

    private static Schedule schedule(GoldenCase golden) {
        return switch (golden.module()) {
            case "CosineAnnealingLR" ->
                Schedule.cosine(golden.integer("T_max"), golden.number("eta_min") / golden.number("lr"));
            case "ExponentialLR" -> Schedule.exponential(golden.number("gamma"));
            case "StepLR" -> Schedule.step(golden.integer("step_size"), golden.number("gamma"));
            case "LinearLR" ->
                Schedule.linear(
                        golden.number("start_factor"), golden.number("end_factor"), golden.integer("total_iters"));
            case "LambdaLR" ->
                golden.text("lr_lambda").contains("sqrt")
                        ? Schedule.inverseSquareRoot(golden.integer("warm_up"))
                        : Schedule.warmUp(golden.integer("warm_up"));
            default -> throw new AssertionError(golden + " is of " + golden.module());
        };
    }

    private static ReduceOnPlateau.Config plateau(GoldenCase golden) {
        ReduceOnPlateau.Config config = ReduceOnPlateau.config()
                .factor(golden.number("factor"))
                .patience(golden.integer("patience"))
                .cooldown(golden.integer("cooldown"))
                .minimum(golden.number("min_lr") / golden.number("lr"))
                .goal(golden.text("mode").equals("max") ? Goal.MAXIMIZE : Goal.MINIMIZE);
        double threshold = golden.number("threshold");
        return golden.text("threshold_mode").equals("abs")
                ? config.absoluteThreshold(threshold)
                : config.relativeThreshold(threshold);
    }

    @Test
    void constantStaysAndCosineRestsAtItsMinimum() {
        assertEquals(1, Schedule.constant().factor(1_000_000));
        assertEquals(0.1, Schedule.cosine(10, 0.1).factor(10), TOLERANCE);
        assertEquals(0.1, Schedule.cosine(10, 0.1).factor(25), TOLERANCE);
        assertEquals(0.5, Schedule.cosine(10).factor(5), TOLERANCE);
    }

    @Test
    void schedulesFollowOneAnother() {
        Schedule both = Schedule.exponential(0.5).afterWarmUp(4);
        double[] expected = {0.25, 0.5, 0.75, 1, 1, 0.5, 0.25};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], both.factor(i), TOLERANCE, "step " + i);
        }
        assertEquals(
                0.5, Schedule.constant().then(3, Schedule.linear(0.5, 0, 2)).factor(3), TOLERANCE);
    }

    @Test
    void aScheduleCanMoveOnceAnEpoch() {
        Schedule epochs = Schedule.exponential(0.5).every(10);
        assertEquals(1, epochs.factor(9), TOLERANCE);
        assertEquals(0.5, epochs.factor(10), TOLERANCE);
        assertEquals(0.25, epochs.factor(29), TOLERANCE);
    }

    @Test
    void whatAPlateauHasSeenIsKeptWithinOtherSchedules() {
        ReduceOnPlateau.Config config = ReduceOnPlateau.config().factor(0.5).patience(1);
        ReduceOnPlateau one = new ReduceOnPlateau(config);
        ReduceOnPlateau two = new ReduceOnPlateau(config);
        Schedule before = one.every(2).afterWarmUp(3);
        Schedule after = two.every(2).afterWarmUp(3);
        for (double metric : new double[] {1, 2, 2, 2}) {
            one.report(metric);
        }
        after.restore(before.state());
        for (double metric : new double[] {2, 0.5, Double.NaN, 0.6, 0.7}) {
            one.report(metric);
            two.report(metric);
            assertEquals(before.factor(100), after.factor(100), "after " + metric);
        }
        assertEquals(one.state(), two.state());
        assertEquals(0.125, two.factor(0));
    }

    @Test
    void statesOfOtherSchedulesAreRefused() {
        Schedule plateau = new ReduceOnPlateau(ReduceOnPlateau.config());
        assertThrows(IllegalArgumentException.class, () -> plateau.restore(Map.of()));
        Map<String, String> damaged = new HashMap<>(plateau.state());
        damaged.put("best", "good");
        refused(() -> plateau.restore(damaged), "ReduceOnPlateau: expected numbers, was given {");
        assertThrows(IllegalArgumentException.class, () -> Schedule.constant().restore(plateau.state()));
        Schedule both = plateau.then(3, new ReduceOnPlateau(ReduceOnPlateau.config()));
        Map<String, String> whole = both.state();
        assertEquals(8, whole.size());
        assertThrows(
                IllegalArgumentException.class, () -> both.restore(Map.of("first.best", "1", "first.current", "1")));
        assertEquals(whole, both.state());
    }

    @Test
    void impossibleNumbersAreRefused() {
        refused(() -> Schedule.warmUp(0), "warmUp: steps must be at least 1, was given 0");
        refused(() -> Schedule.cosine(0), "cosine: steps");
        refused(() -> Schedule.step(0, 0.1), "step: size");
        refused(() -> Schedule.exponential(-1), "step: gamma must be 0 or more, was given -1.0");
        refused(() -> Schedule.inverseSquareRoot(0), "inverseSquareRoot: warmUp");
        refused(() -> Schedule.constant().every(0), "every: steps");
        refused(() -> ReduceOnPlateau.config().factor(1), "factor must be at least 0 and below 1");
        refused(() -> ReduceOnPlateau.config().minimum(2), "minimum must be from 0 to 1");
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
