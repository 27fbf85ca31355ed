package dev.gatun.cuda;

import dev.gatun.backend.DeviceException;
import dev.gatun.cuda.binding.Cudart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Devices that an error has ended for this process: CUDA refuses every later call, so they say why at every use. */
final class LostDevices {
    private static final Set<Integer> FATAL = Set.of(
            Cudart.cudaErrorECCUncorrectable(),
            Cudart.cudaErrorNvlinkUncorrectable(),
            Cudart.cudaErrorContained(),
            Cudart.cudaErrorIllegalAddress(),
            Cudart.cudaErrorLaunchTimeout(),
            Cudart.cudaErrorAssert(),
            Cudart.cudaErrorHardwareStackError(),
            Cudart.cudaErrorIllegalInstruction(),
            Cudart.cudaErrorMisalignedAddress(),
            Cudart.cudaErrorInvalidAddressSpace(),
            Cudart.cudaErrorInvalidPc(),
            Cudart.cudaErrorLaunchFailure());

    private static final Map<Integer, String> LOST = new ConcurrentHashMap<>();

    private LostDevices() {}

    static boolean isFatal(int status) {
        return FATAL.contains(status);
    }

    /** Remembers the calling thread's device as lost where a status means that. */
    static void note(String call, int status) {
        if (isFatal(status)) {
            LOST.putIfAbsent(current(), call + " failed with " + CudaStatus.text(Cudart.cudaGetErrorName(status)));
        }
    }

    /** Throws when a device is lost. */
    static void check(int device) {
        if (!LOST.isEmpty()) {
            String reason = LOST.get(device);
            if (reason != null) {
                throw new DeviceException(
                        "cuda:" + device + " is lost to this process since " + reason + "; restart the process");
            }
        }
    }

    /** Forgets a device's end: for tests on a device that can be mended. */
    static void mend(int device) {
        LOST.remove(device);
    }

    private static int current() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(ValueLayout.JAVA_INT);
            return Cudart.cudaGetDevice(device) == Cudart.cudaSuccess() ? device.get(ValueLayout.JAVA_INT, 0) : 0;
        }
    }
}
