package dev.gatun.benchmark;

import dev.gatun.Device;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares the native calls of Gatun's steps with those of their twins in C++, both on the host stand-in: {@code StepCalls LIST}, a file
 * of lines "case pass function count" that {@code native/baseline} printed. Fails where a steady step of Gatun's makes more calls of any
 * function.
 */
public final class StepCalls {
    private static final int WARM_UP = 3;
    private static final long LONGEST = 1 << 16;

    private final MethodHandle reset;
    private final MethodHandle list;
    private final Map<String, Map<String, Integer>> twins;
    private final List<String> findings = new ArrayList<>();

    private StepCalls(Map<String, Map<String, Integer>> twins) {
        this.twins = twins;
        Path library = Path.of(System.getProperty("gatun.cuda.path"), "libgatun_standin.so");
        reset = standin(library, "gatun_standin_reset", FunctionDescriptor.ofVoid());
        list = standin(library, "gatun_standin_call_list", FunctionDescriptor.of(ValueLayout.ADDRESS));
    }

    @SuppressWarnings("restricted") // steers the stand-in
    private static MethodHandle standin(Path library, String function, FunctionDescriptor type) {
        MemorySegment address =
                SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(function);
        return Linker.nativeLinker().downcallHandle(address, type);
    }

    /** Compares all cases; exit status 1 where Gatun makes more calls. */
    public static void main(String[] arguments) throws IOException {
        var calls = new StepCalls(read(Path.of(arguments[0])));
        Device device = Device.cuda(0);
        for (StepCase each : StepCase.layers(true)) {
            try (Step step = each.maker().apply(device)) {
                for (Pass pass : each.passes()) {
                    calls.compare(each.name() + " " + pass, device, () -> step.run(pass));
                }
            }
        }
        calls.findings.forEach(System.out::println);
        System.out.println(calls.twins.size() + " steps compared, " + calls.findings.size() + " with more calls");
        System.exit(calls.findings.isEmpty() ? 0 : 1);
    }

    private static Map<String, Map<String, Integer>> read(Path file) throws IOException {
        Map<String, Map<String, Integer>> all = new TreeMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ", -1);
            all.computeIfAbsent(words[0] + " " + words[1], _ -> new TreeMap<>())
                    .put(words[2], Integer.parseInt(words[3]));
        }
        return all;
    }

    private void compare(String step, Device device, Runnable run) {
        for (int i = 0; i < WARM_UP; i++) {
            run.run();
        }
        device.backend().memory().synchronize();
        Map<String, Integer> ours = counted(run);
        Map<String, Integer> theirs = twins.get(step);
        if (theirs == null) {
            throw new IllegalArgumentException("the list has no step " + step);
        }
        ours.forEach((function, count) -> {
            int most = theirs.getOrDefault(function, 0);
            if (count > most) {
                findings.add(step + ": " + function + " " + count + " times, its twin " + most);
            }
        });
    }

    private Map<String, Integer> counted(Runnable run) {
        Map<String, Integer> counts = new TreeMap<>();
        String text;
        try {
            reset.invokeExact();
            run.run();
            text = text((MemorySegment) list.invokeExact());
        } catch (Throwable thrown) {
            throw new IllegalStateException("the stand-in's counts", thrown);
        }
        text.lines().forEach(line -> {
            int space = line.indexOf(' ');
            counts.put(line.substring(0, space), Integer.parseInt(line.substring(space + 1)));
        });
        return counts;
    }

    @SuppressWarnings("restricted") // a string of the stand-in's
    private static String text(MemorySegment address) {
        return address.reinterpret(LONGEST).getString(0);
    }
}
