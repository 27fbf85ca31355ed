package dev.gatun;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where live tensors were made, for leak reports: recorded when the property {@code gatun.memory.sites} is true or after {@link
 * #record}, since it costs a stack trace a tensor.
 */
public final class AllocationSites {
    private static final Set<String> MACHINERY = Stream.of(
                    AllocationSites.class,
                    Functional.class,
                    HostArrays.class,
                    Recorder.class,
                    Tensor.class,
                    TensorMath.class,
                    TensorShaping.class)
            .map(Class::getName)
            .collect(Collectors.toUnmodifiableSet());

    private static volatile @Nullable Map<Tensor, Throwable> sites =
            Boolean.getBoolean("gatun.memory.sites") ? new ConcurrentHashMap<>() : null;

    private AllocationSites() {}

    /** Begins to record the tensors made from now on, or ends it and forgets them. */
    public static void record(boolean on) {
        sites = on ? new ConcurrentHashMap<>() : null;
    }

    static void made(Tensor tensor) {
        Map<Tensor, Throwable> recorded = sites;
        if (recorded != null) {
            recorded.put(tensor, new Throwable("made here"));
        }
    }

    static void gone(Tensor tensor) {
        Map<Tensor, Throwable> recorded = sites;
        if (recorded != null) {
            recorded.remove(tensor);
        }
    }

    /** Live tensors of a device by the place they were made at, largest first; one line that names the property when sites are not recorded. */
    public static String report(Device device) {
        Map<Tensor, Throwable> recorded = sites;
        if (recorded == null) {
            return device.memory().inUse()
                    + " bytes in use; run with -Dgatun.memory.sites=true to see where they were allocated";
        }
        Map<String, List<Tensor>> bySite = recorded.entrySet().stream()
                .filter(entry -> entry.getKey().device() == device)
                .collect(Collectors.groupingBy(
                        entry -> site(entry.getValue()), Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
        return bySite.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, List<Tensor>> entry) -> bytes(entry.getValue()))
                        .reversed())
                .map(entry -> bytes(entry.getValue()) + " bytes in "
                        + entry.getValue().size() + " tensors made " + entry.getKey())
                .collect(Collectors.joining("\n"));
    }

    private static long bytes(List<Tensor> tensors) {
        return tensors.stream()
                .mapToLong(tensor -> tensor.shape().elements() * tensor.dtype().byteSize())
                .sum();
    }

    /** The first frames that are not the library's own machinery. */
    private static String site(Throwable trace) {
        return Arrays.stream(trace.getStackTrace())
                .filter(frame -> !MACHINERY.contains(frame.getClassName()))
                .limit(4)
                .map(frame -> "at " + frame)
                .collect(Collectors.joining(" "));
    }
}
