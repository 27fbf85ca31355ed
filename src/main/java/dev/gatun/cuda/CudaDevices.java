package dev.gatun.cuda;

import dev.gatun.backend.DeviceException;
import dev.gatun.cuda.binding.Cudart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The devices that the driver shows to this process.
 *
 * @param count how many
 * @param problem why there is none; null when there is one
 */
record CudaDevices(int count, @Nullable String problem) {
    /** More than any release's {@code cudaDeviceProp} takes; its size differs between them, its first field, the name, does not. */
    private static final long PROPERTIES_BYTES = 16384;

    private static final int NAME_BYTES = 256;

    /** What {@link #driver} says where there is none. */
    static final String NO_DRIVER = "none";

    /**
     * One device.
     *
     * @param name its product's name
     * @param major major number of its compute capability
     * @param minor minor number of its compute capability
     * @param processors its multiprocessors
     */
    record Properties(String name, int major, int minor, int processors) {
        /** Such as {@code sm_90}. */
        String architecture() {
            return "sm_" + major + minor;
        }
    }

    /** What there is now; libraries that cannot be used show no device. */
    static CudaDevices find() {
        Optional<String> libraries = CudaLibraries.get().problem();
        if (libraries.isPresent()) {
            return new CudaDevices(0, libraries.get());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.runtime("cudaGetDeviceCount", Cudart.cudaGetDeviceCount(count));
            int devices = count.get(ValueLayout.JAVA_INT, 0);
            return new CudaDevices(devices, devices > 0 ? null : "the driver shows no GPU to this process");
        } catch (DeviceException failure) {
            return new CudaDevices(0, failure.getMessage() + "; driver: " + driver());
        }
    }

    /** The newest CUDA release that the driver can serve, such as 13.0, or that there is no driver. */
    static String driver() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.runtime("cudaDriverGetVersion", Cudart.cudaDriverGetVersion(version));
            int number = version.get(ValueLayout.JAVA_INT, 0);
            return number == 0 ? NO_DRIVER : "for CUDA " + SystemLoader.two(number);
        }
    }

    /** A device's properties; loads the libraries where nothing has done so yet. */
    static Properties properties(int device) {
        CudaLibraries.get().problem().ifPresent(problem -> {
            throw new DeviceException("cuda:" + device + ": " + problem);
        });
        return new Properties(
                name(device),
                attribute(Cudart.cudaDevAttrComputeCapabilityMajor(), device),
                attribute(Cudart.cudaDevAttrComputeCapabilityMinor(), device),
                attribute(Cudart.cudaDevAttrMultiProcessorCount(), device));
    }

    private static String name(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment properties = arena.allocate(PROPERTIES_BYTES, Long.BYTES);
            CudaStatus.runtime("cudaGetDeviceProperties", Cudart.cudaGetDeviceProperties(properties, device));
            return properties.asSlice(0, NAME_BYTES).getString(0, StandardCharsets.UTF_8);
        }
    }

    private static int attribute(int attribute, int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.runtime("cudaDeviceGetAttribute", Cudart.cudaDeviceGetAttribute(value, attribute, device));
            return value.get(ValueLayout.JAVA_INT, 0);
        }
    }
}
