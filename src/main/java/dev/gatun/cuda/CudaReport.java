package dev.gatun.cuda;

import dev.gatun.backend.DeviceException;
import dev.gatun.backend.Finding;
import dev.gatun.cuda.binding.Cudart;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All that was looked at: NVIDIA's driver, each library, each device. */
final class CudaReport {
    /** Where the driver's module of the kernel says its version. */
    private static final String KERNEL_MODULE = "proc/driver/nvidia/version";

    private static final double GIBIBYTE = 1L << 30;

    private CudaReport() {}

    /** What there is now. */
    static List<Finding> findings() {
        Optional<String> module = kernelModule(Path.of("/"));
        CudaLibraries libraries = CudaLibraries.get();
        List<Finding> findings = new ArrayList<>(libraries(libraries));
        boolean loaded = libraries.problem().isEmpty();
        findings.add(driver(module, loaded ? Optional.of(CudaDevices.driver()) : Optional.empty()));
        if (loaded) {
            findings.addAll(devices(module.isPresent()));
        } else if (module.isEmpty()) {
            findings.add(Finding.remedy(Remedy.NO_DRIVER));
        }
        return findings;
    }

    /**
     * The driver, by two witnesses.
     *
     * @param module what its kernel module says; there is none under WSL
     * @param serves what it tells the CUDA runtime, where that is loaded
     */
    static Finding driver(Optional<String> module, Optional<String> serves) {
        String kernel = module.orElse("no kernel module of NVIDIA's is loaded");
        if (serves.isEmpty()) {
            return module.isPresent() ? Finding.fine("driver", kernel) : Finding.lacking("driver", kernel);
        }
        return serves.get().equals(CudaDevices.NO_DRIVER)
                ? Finding.lacking("driver", kernel + ", and libcuda.so.1 was not found or does not work")
                : Finding.fine("driver", serves.get() + ", " + kernel);
    }

    /** The driver's own words on its version; empty where its module is not loaded. */
    static Optional<String> kernelModule(Path root) {
        Path file = root.resolve(KERNEL_MODULE);
        try {
            return Files.isReadable(file)
                    ? Files.readString(file).lines().findFirst().map(String::strip)
                    : Optional.empty();
        } catch (IOException unreadable) {
            return Optional.of(file + " cannot be read: " + unreadable);
        }
    }

    /** Each library that was looked for; where one cannot be used, also where it was looked for and what would help. */
    static List<Finding> libraries(CudaLibraries libraries) {
        List<Finding> findings = new ArrayList<>();
        for (CudaLibraries.Status status : libraries.statuses()) {
            findings.add(
                    status.error() != null
                            ? Finding.lacking(status.fileName(), inFull(status))
                            : Finding.fine(status.fileName(), inFull(status)));
        }
        if (libraries.problem().isPresent()) {
            if (findings.isEmpty()) {
                findings.add(Finding.lacking("libraries", libraries.problem().get()));
            }
            libraries.places().forEach(place -> findings.add(Finding.fine("looked in", place)));
            libraries.remedy().map(Finding::remedy).ifPresent(findings::add);
        }
        return findings;
    }

    private static String inFull(CudaLibraries.Status status) {
        List<String> words = new ArrayList<>();
        if (status.version() != null) {
            words.add(status.version());
        }
        if (status.found() != null) {
            words.add(status.found().toString());
        }
        if (status.error() != null) {
            words.add(status.error());
        }
        return String.join(", ", words);
    }

    private static List<Finding> devices(boolean moduleLoaded) {
        List<Finding> findings = new ArrayList<>();
        CudaDevices devices = CudaDevices.find();
        if (devices.problem() != null) {
            findings.add(Finding.lacking("devices", devices.problem()));
            findings.add(Finding.remedy(moduleLoaded ? Remedy.NO_DEVICE : Remedy.NO_DRIVER));
        }
        for (int device = 0; device < devices.count(); device++) {
            findings.add(device(device));
        }
        return findings;
    }

    private static Finding device(int device) {
        String label = "cuda:" + device;
        try {
            CudaDevices.Properties properties = CudaDevices.properties(device);
            return Finding.fine(
                    label,
                    properties.name() + ", compute capability " + properties.major() + "." + properties.minor() + ", "
                            + properties.processors() + " multiprocessors, " + memory(device));
        } catch (DeviceException failure) {
            return Finding.lacking(label, String.valueOf(failure.getMessage()));
        }
    }

    /** Asking for it starts the device; the thread's device is afterwards what it was. */
    private static String memory(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment before = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            CudaStatus.runtime("cudaGetDevice", Cudart.cudaGetDevice(before));
            try {
                CudaStatus.runtime("cudaSetDevice", Cudart.cudaSetDevice(device));
                CudaStatus.runtime("cudaMemGetInfo", Cudart.cudaMemGetInfo(free, total));
            } finally {
                Cudart.cudaSetDevice(before.get(ValueLayout.JAVA_INT, 0));
            }
            return String.format(
                    Locale.ROOT,
                    "%.1f of %.1f GiB of memory free",
                    free.get(ValueLayout.JAVA_LONG, 0) / GIBIBYTE,
                    total.get(ValueLayout.JAVA_LONG, 0) / GIBIBYTE);
        }
    }
}
