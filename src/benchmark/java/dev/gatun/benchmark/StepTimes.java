package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.backend.Precision;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Times the steps of {@link StepCase#layers} on a CUDA device, and prints a line of JSON for each: microseconds a step, from one wait for the
 * device to the next with a number of steps between. {@code StepTimes [--device cpu|cuda:0] [--precision F32|TF32|BF16|F16] [--runs 20]
 * [--steps 10] [--only REGEX] [--small]}
 */
public final class StepTimes {
    private static final int WARM_UP = 30;

    private final Device device;
    private final int runs;
    private final int steps;

    private StepTimes(Device device, int runs, int steps) {
        this.device = device;
        this.runs = runs;
        this.steps = steps;
    }

    /** Times all steps, or those whose name has the pattern. */
    public static void main(String[] arguments) {
        String name = option(arguments, "--device", "cuda:0");
        Device device = name.equals("cpu") ? Device.cpu() : Device.cuda(Integer.parseInt(name.substring(5)));
        device.allow(Precision.valueOf(option(arguments, "--precision", "F32")));
        var times = new StepTimes(
                device,
                Integer.parseInt(option(arguments, "--runs", "20")),
                Integer.parseInt(option(arguments, "--steps", "10")));
        Pattern only = Pattern.compile(option(arguments, "--only", ""));
        for (StepCase each : StepCase.layers(Arrays.asList(arguments).contains("--small"))) {
            if (only.matcher(each.name()).find()) {
                try (Step step = each.maker().apply(device)) {
                    for (Pass pass : each.passes()) {
                        times.time(each.name(), pass, () -> step.run(pass));
                    }
                }
            }
        }
    }

    private static String option(String[] arguments, String name, String otherwise) {
        int at = Arrays.asList(arguments).indexOf(name);
        return at < 0 ? otherwise : arguments[at + 1];
    }

    private void time(String name, Pass pass, Runnable step) {
        repeat(step, Math.min(WARM_UP, 3 * steps));
        double[] microseconds = new double[runs];
        for (int run = 0; run < runs; run++) {
            long start = System.nanoTime();
            repeat(step, steps);
            microseconds[run] = (System.nanoTime() - start) / 1e3 / steps;
        }
        Arrays.sort(microseconds);
        double median = (microseconds[(runs - 1) / 2] + microseconds[runs / 2]) / 2;
        System.out.printf(
                Locale.ROOT,
                "{\"by\":\"gatun\",\"case\":\"%s\",\"pass\":\"%s\",\"precision\":\"%s\",\"runs\":%d,\"steps\":%d,"
                        + "\"wall_us\":%.2f,\"wall_min_us\":%.2f,\"wall_max_us\":%.2f}%n",
                name,
                pass,
                device.precision(),
                runs,
                steps,
                median,
                microseconds[0],
                microseconds[runs - 1]);
    }

    /** So many steps, and a wait for the device. */
    private void repeat(Runnable step, int times) {
        for (int i = 0; i < times; i++) {
            step.run();
        }
        device.backend().memory().synchronize();
    }
}
