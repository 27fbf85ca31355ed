package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Scope;
import dev.gatun.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Gatun's side of {@code scripts/compare}; every line it prints is JSON. {@code list} names the cases; {@code results FOLDER REGEX} writes a
 * file of {@link Step#results} for each; {@code times CASE PASS… WARM-UP SAMPLED} times a case; {@code memory CASE SECONDS} trains one and
 * nothing else; {@code start} times first calls in a new JVM; {@code peak} measures the processor.
 */
public final class Comparison {
    private static final Pattern PEAK_OF_MEMORY = Pattern.compile("VmHWM:\\s+(\\d+) kB");

    private Comparison() {}

    /** Does one of the tasks. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        switch (arguments[0]) {
            case "list" -> list();
            case "results" -> results(Path.of(arguments[1]), Pattern.compile(arguments[2]));
            case "times" -> times(arguments);
            case "memory" -> memory(StepCase.named(arguments[1]), Double.parseDouble(arguments[2]));
            case "start" -> Start.time();
            case "peak" -> peak();
            default -> throw new IllegalArgumentException("no task " + arguments[0]);
        }
    }

    private static void print(String json, Object... values) {
        System.out.println(json.replace('\'', '"').formatted(values));
    }

    private static void list() {
        for (StepCase each : StepCase.all()) {
            for (Pass pass : each.passes()) {
                print("{'case':'%s','pass':'%s','operations':%d}", each.name(), pass, each.operations(pass));
            }
        }
    }

    private static void results(Path folder, Pattern only) throws IOException {
        Files.createDirectories(folder);
        for (StepCase each : StepCase.all()) {
            if (each.passes().stream()
                    .anyMatch(pass -> only.matcher(each.name() + " " + pass).find())) {
                try (Step step = each.maker().apply(Device.cpu());
                        var _ = Scope.open()) {
                    SafeTensors.write(folder.resolve(each.name() + ".safetensors"), step.results(), Map.of());
                }
            }
        }
    }

    private static void times(String[] arguments) {
        StepCase each = StepCase.named(arguments[1]);
        var watch = new Stopwatch(
                Double.parseDouble(arguments[arguments.length - 2]),
                Double.parseDouble(arguments[arguments.length - 1]));
        try (Step step = each.maker().apply(Device.cpu())) {
            for (int i = 2; i < arguments.length - 2; i++) {
                Pass pass = Pass.valueOf(arguments[i].toUpperCase(Locale.ROOT));
                Stopwatch.Times times = watch.time(() -> step.run(pass));
                print(
                        "{'case':'%s','pass':'%s','samples':%d,'median':%.9f,'min':%.9f,'max':%.9f,'heap':%.1f}",
                        each.name(),
                        pass,
                        times.seconds().length,
                        times.median(),
                        times.seconds()[0],
                        times.seconds()[times.seconds().length - 1],
                        times.heapBytes());
            }
        }
    }

    /** The largest memory the process ever had resident; Linux alone tells. */
    private static void memory(StepCase each, double seconds) throws IOException {
        Instant end = Instant.now().plus(Duration.ofMillis((long) (seconds * 1000)));
        try (Step step = each.maker().apply(Device.cpu())) {
            while (Instant.now().isBefore(end)) {
                step.run(Pass.TRAINING);
            }
        }
        var found = PEAK_OF_MEMORY.matcher(Files.readString(Path.of("/proc/self/status")));
        if (!found.find()) {
            throw new IOException("the system does not tell the peak of memory");
        }
        print("{'case':'%s','kib':%s}", each.name(), found.group(1));
    }

    private static void peak() throws InterruptedException {
        String description = Device.cpu().description();
        int threads = Integer.getInteger("gatun.threads", Runtime.getRuntime().availableProcessors());
        print(
                "{'threads':%d,'peak':%.1f,'bits':%d,'java':'%s','device':'%s'}",
                threads,
                FusedPeak.measure(threads),
                FusedPeak.vectorBits(),
                System.getProperty("java.vm.version") + " " + System.getProperty("java.vendor"),
                description);
    }
}
