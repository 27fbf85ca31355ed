package dev.gatun.benchmark;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs JMH: {@code Suite [REGEX] [JMH OPTIONS…]}. A pattern that occurs in a step, such as {@code lstm-A training}, chooses among those; any
 * other is for JMH to find among its benchmarks.
 */
public final class Suite {
    private Suite() {}

    /** Runs all steps, or those chosen. */
    public static void main(String[] arguments) throws IOException, RunnerException, CommandLineOptionException {
        boolean given = arguments.length > 0 && !arguments[0].startsWith("-");
        Pattern only = Pattern.compile(given ? arguments[0] : "");
        String[] steps = StepCase.all().stream()
                .flatMap(each -> each.passes().stream().map(pass -> each.name() + " " + pass))
                .filter(step -> only.matcher(step).find())
                .toArray(String[]::new);
        List<String> options = Arrays.asList(arguments).subList(given ? 1 : 0, arguments.length);
        if (options.contains("-l")) {
            Arrays.stream(steps).forEach(System.out::println);
        }
        if (options.contains("-l") || options.contains("-h") || steps.length == 0) {
            Main.main(arguments);
            return;
        }
        new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(options.toArray(String[]::new)))
                        .include("^" + Pattern.quote(StepBenchmark.class.getName()) + "\\.")
                        .param("step", steps)
                        .build())
                .run();
    }
}
