package dev.gatun.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The host stand-in for NVIDIA's libraries, as tests steer and read it ({@code native/standin/core/standin.hpp}). */
public final class StandIn {
    /** How it calls its device. */
    private static final String NAME = "host stand-in";

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final MethodHandle reset = link("gatun_standin_reset", null);
    private final MethodHandle fail = link("gatun_standin_fail", null, ValueLayout.ADDRESS, LONG, INT);
    private final MethodHandle calls = link("gatun_standin_calls", LONG, ValueLayout.ADDRESS);
    private final MethodHandle callList = link("gatun_standin_call_list", ValueLayout.ADDRESS);
    private final MethodHandle violations = link("gatun_standin_violations", ValueLayout.ADDRESS);
    private final MethodHandle live = link("gatun_standin_live", ValueLayout.ADDRESS);
    private final MethodHandle memory = link("gatun_standin_memory", null, LONG);

    private StandIn() {}

    private static final class Present {
        static final Optional<StandIn> STAND_IN = isDevice() ? Optional.of(new StandIn()) : Optional.empty();

        private static boolean isDevice() {
            return CudaDevices.find().problem() == null
                    && CudaDevices.properties(0).name().equals(NAME);
        }
    }

    /** The stand-in where it is the device of this run; empty on a GPU. */
    public static Optional<StandIn> find() {
        return Present.STAND_IN;
    }

    /** The stand-in, without which a test cannot run. */
    static StandIn get() {
        return find().orElseThrow(
                        () -> new AssertionError("this test steers the host stand-in, which is not the device here"));
    }

    @SuppressWarnings("restricted") // a library of our own build
    private static MethodHandle link(String name, @Nullable MemoryLayout result, MemoryLayout... arguments) {
        Path file = Path.of(System.getProperty(LibrarySearch.PATH)).resolve("libgatun_standin.so");
        MemorySegment function =
                SymbolLookup.libraryLookup(file, Arena.global()).findOrThrow(name);
        FunctionDescriptor descriptor =
                result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments);
        return Linker.nativeLinker().downcallHandle(function, descriptor);
    }

    private interface Call<T> {
        T run() throws Throwable;
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.run();
        } catch (Throwable thrown) {
            throw new AssertionError("the stand-in's control functions throw nothing", thrown);
        }
    }

    /** Forgets counts, breaches and planned failures, and mends the device. */
    public void reset() {
        call(() -> {
            reset.invokeExact();
            return true;
        });
        LostDevices.mend(0);
    }

    /** Makes the n-th call from now on of a function, counted from 1, fail; with status 0 by its library's internal error. */
    void fail(String function, long nth, int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(function);
            call(() -> {
                fail.invokeExact(name, nth, status);
                return true;
            });
        }
    }

    /** How often a function was called since the last reset. */
    long calls(String function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(function);
            return call(() -> (long) calls.invokeExact(name));
        }
    }

    /** How often each function was called since the last reset. */
    SortedMap<String, Long> calls() {
        return table(callList, 1);
    }

    /** What is alive: how many objects and blocks of memory, by kind. */
    SortedMap<String, Long> live() {
        return table(live, 2);
    }

    /** Bytes of the device's memory that are allocated. */
    long memoryInUse() {
        return table(live, 1).getOrDefault("device-memory", 0L);
    }

    /** Sets how many bytes the device has. */
    void memory(long bytes) {
        call(() -> {
            memory.invokeExact(bytes);
            return true;
        });
    }

    /** Breaches since the last reset, a line each. */
    public String breaches() {
        return text(violations);
    }

    /** Lines that end in numbers: the name before the first, and one of them, counted from the end. */
    private static SortedMap<String, Long> table(MethodHandle list, int fromEnd) {
        SortedMap<String, Long> table = new TreeMap<>();
        text(list).lines().forEach(line -> {
            String[] words = line.split(" ", -1);
            String name = line.replaceFirst("( [0-9]+)+$", "");
            table.put(name, Long.valueOf(words[words.length - fromEnd]));
        });
        return table;
    }

    @SuppressWarnings("restricted") // a string of the stand-in's, which ends in 0
    private static String text(MethodHandle function) {
        return call(() -> ((MemorySegment) function.invokeExact())
                .reinterpret(Long.MAX_VALUE)
                .getString(0));
    }
}
