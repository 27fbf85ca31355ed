package dev.gatun;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where live tensors were made, recorded when the property {@code gatun.memory.sites} is true (it costs a stack trace a tensor).
 */
public final class AllocationSites {
    private static final @Nullable Map<Tensor, Throwable> SITES =
            Boolean.getBoolean("gatun.memory.sites") ? new ConcurrentHashMap<>() : null;

    private AllocationSites() {}

    static void made(Tensor tensor) {
        if (SITES != null) {
            SITES.put(tensor, new Throwable("made here"));
        }
    }

    static void gone(Tensor tensor) {
        if (SITES != null) {
            SITES.remove(tensor);
        }
    }

    /** Live tensors of a device by the place they were made at, largest first; one line that names the property when sites are not recorded. */
    public static String report(Device device) {
        if (SITES == null) {
            return device.memory().inUse()
                    + " bytes in use; run with -Dgatun.memory.sites=true to see where they were allocated";
        }
        Map<String, List<Tensor>> bySite = SITES.keySet().stream()
                .filter(tensor -> tensor.device() == device)
                .collect(Collectors.groupingBy(AllocationSites::site));
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

    /** The first frame outside the package and those below it that are not ours. */
    private static String site(Tensor tensor) {
        Throwable trace = SITES == null ? null : SITES.get(tensor);
        if (trace == null) {
            return "elsewhere";
        }
        return Arrays.stream(trace.getStackTrace())
                .filter(frame -> !isMachinery(frame.getClassName()))
                .limit(4)
                .map(frame -> "at " + frame)
                .collect(Collectors.joining(" "));
    }

    private static boolean isMachinery(String className) {
        return className.equals(AllocationSites.class.getName())
                || className.equals(Tensor.class.getName())
                || className.equals(Recorder.class.getName())
                || className.equals(Functional.class.getName());
    }
}
