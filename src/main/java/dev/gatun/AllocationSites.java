package dev.gatun;

import dev.gatun.backend.View;
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

    /** One tensor that is in use; it does not refer to the tensor, which the collector may find forgotten. */
    record Site(Device device, long bytes, Throwable trace) {}

    private static volatile @Nullable Set<Site> sites =
            Boolean.getBoolean("gatun.memory.sites") ? ConcurrentHashMap.newKeySet() : null;

    private AllocationSites() {}

    /** Begins to record the tensors made from now on, or ends it and forgets them. */
    public static void record(boolean on) {
        sites = on ? ConcurrentHashMap.newKeySet() : null;
    }

    static @Nullable Site made(Device device, View view) {
        Set<Site> recorded = sites;
        if (recorded == null) {
            return null;
        }
        Site site = new Site(device, view.elements() * view.dtype().byteSize(), new Throwable("made here"));
        recorded.add(site);
        return site;
    }

    static void gone(@Nullable Site site) {
        Set<Site> recorded = sites;
        if (recorded != null && site != null) {
            recorded.remove(site);
        }
    }

    /** Live tensors of a device by the place they were made at, largest first; one line that names the property when sites are not recorded. */
    public static String report(Device device) {
        Set<Site> recorded = sites;
        if (recorded == null) {
            return device.memory().inUse()
                    + " bytes in use; run with -Dgatun.memory.sites=true to see where they were allocated";
        }
        Map<String, List<Site>> byPlace = recorded.stream()
                .filter(site -> site.device() == device)
                .collect(Collectors.groupingBy(site -> place(site.trace())));
        return byPlace.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, List<Site>> entry) -> bytes(entry.getValue()))
                        .reversed())
                .map(entry -> bytes(entry.getValue()) + " bytes in "
                        + entry.getValue().size() + " tensors made " + entry.getKey())
                .collect(Collectors.joining("\n"));
    }

    private static long bytes(List<Site> made) {
        return made.stream().mapToLong(Site::bytes).sum();
    }

    /** The first frames that are not the library's own machinery. */
    private static String place(Throwable trace) {
        return Arrays.stream(trace.getStackTrace())
                .filter(frame -> !MACHINERY.contains(frame.getClassName()))
                .limit(4)
                .map(frame -> "at " + frame)
                .collect(Collectors.joining(" "));
    }
}
