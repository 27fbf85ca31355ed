package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.cuda.binding.Nvrtc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's libraries in this process: all of one CUDA release and cuDNN 9, or none. They are loaded once, by the class loader of the
 * bindings, which look symbols up there.
 */
final class CudaLibraries {
    /** The CUDA releases that the bindings fit, the preferred one first. */
    static final List<Integer> RELEASES = List.of(13, 12);

    /** Functions without which nothing runs, and that some releases of CUDA 12 lack. */
    private static final List<String> NEEDED = List.of("cudaLibraryLoadData", "cudaLibraryGetKernel");

    private final List<Status> statuses;
    private final @Nullable String problem;

    private CudaLibraries(List<Status> statuses, @Nullable String problem) {
        this.statuses = statuses;
        this.problem = problem;
    }

    /**
     * What became of one library.
     *
     * @param library which
     * @param found its file; null where there is none
     * @param version its own word, such as 9.28.0; null where it was not loaded
     * @param error why it cannot be used; null where it can
     */
    record Status(
            CudaLibrary library,
            LibrarySearch.@Nullable Found found,
            @Nullable String version,
            @Nullable String error) {}

    /** The libraries, searched for and loaded at the first call. */
    static CudaLibraries get() {
        return Loaded.LIBRARIES;
    }

    private static final class Loaded {
        static final CudaLibraries LIBRARIES = load(LibrarySearch.here());
    }

    /** What was tried, library by library. */
    List<Status> statuses() {
        return statuses;
    }

    /** Why the libraries cannot be used, with everything that was tried; empty when they can. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    private static CudaLibraries load(LibrarySearch search) {
        if (!System.getProperty("os.name").equals("Linux")) {
            return new CudaLibraries(List.of(), "NVIDIA's libraries are looked for on Linux only");
        }
        int release = release(search);
        Map<CudaLibrary, LibrarySearch.Found> files = find(search, release);
        List<Status> statuses = new ArrayList<>();
        if (files.size() < CudaLibrary.values().length) {
            for (CudaLibrary library : CudaLibrary.values()) {
                LibrarySearch.Found found = files.get(library);
                String error = found != null ? null : library.fileName(release) + " was not found";
                statuses.add(new Status(library, found, null, error));
            }
            return new CudaLibraries(statuses, missing(statuses, release, search));
        }
        for (Map.Entry<CudaLibrary, LibrarySearch.Found> each : files.entrySet()) {
            statuses.add(load(each.getKey(), each.getValue(), release));
        }
        return new CudaLibraries(statuses, broken(statuses));
    }

    /** The release whose files are all there; where none is complete, the one with the most. */
    private static int release(LibrarySearch search) {
        int best = RELEASES.getFirst();
        for (int release : RELEASES) {
            if (find(search, release).size() > find(search, best).size()) {
                best = release;
            }
        }
        return best;
    }

    private static Map<CudaLibrary, LibrarySearch.Found> find(LibrarySearch search, int release) {
        Map<CudaLibrary, LibrarySearch.Found> files = new EnumMap<>(CudaLibrary.class);
        for (CudaLibrary library : CudaLibrary.values()) {
            search.find(library.fileName(release)).ifPresent(found -> files.put(library, found));
        }
        return files;
    }

    private static String missing(List<Status> statuses, int release, LibrarySearch search) {
        StringBuilder text = new StringBuilder("NVIDIA's libraries are not all there:");
        List<String> wheels = new ArrayList<>();
        for (Status status : statuses) {
            text.append("\n  ").append(status.error() != null ? status.error() : "found " + status.found());
            if (status.error() != null && !wheels.contains(status.library().wheel(release))) {
                wheels.add(status.library().wheel(release));
            }
        }
        text.append("\n  looked in ").append(String.join(", ", search.places()));
        return text.append("\n  mend it with: pip install ")
                .append(String.join(" ", wheels))
                .toString();
    }

    private static @Nullable String broken(List<Status> statuses) {
        List<String> errors = statuses.stream()
                .filter(status -> status.error() != null)
                .map(status -> "\n  " + status.found() + ": " + status.error())
                .toList();
        return errors.isEmpty() ? null : "NVIDIA's libraries cannot be used:" + String.join("", errors);
    }

    @SuppressWarnings("restricted") // loading NVIDIA's libraries is what this class is for
    private static Status load(CudaLibrary library, LibrarySearch.Found found, int release) {
        try {
            System.load(found.file().toString());
            String version = version(library);
            return new Status(library, found, version, mismatch(library, release));
        } catch (UnsatisfiedLinkError | RuntimeException | ExceptionInInitializerError error) {
            return new Status(library, found, null, "cannot be loaded: " + error.getMessage());
        }
    }

    /** What of a loaded library does not fit; null where all does. */
    private static @Nullable String mismatch(CudaLibrary library, int release) {
        if (library == CudaLibrary.CUDART) {
            List<String> absent = NEEDED.stream()
                    .filter(name -> SymbolLookup.loaderLookup().find(name).isEmpty())
                    .toList();
            return absent.isEmpty()
                    ? null
                    : "this release of CUDA is too old: it lacks " + String.join(", ", absent)
                            + "; take CUDA 12.8 or newer";
        }
        if (library == CudaLibrary.CUDNN) {
            int builtFor = Math.toIntExact(Cudnn.cudnnGetCudartVersion()) / 1000;
            return builtFor == release
                    ? null
                    : "it was built for CUDA " + builtFor + ", the other libraries are of CUDA " + release
                            + "; install " + CudaLibrary.CUDNN.wheel(release);
        }
        return null;
    }

    private static String version(CudaLibrary library) {
        return switch (library) {
            case CUDART -> thousands(runtimeVersion(), 10);
            case NVRTC -> nvrtcVersion();
            case CUBLAS_LT -> hundreds(Cublas.cublasLtGetVersion());
            case CUBLAS -> hundreds(Cublas.cublasLtGetVersion());
            case CUDNN -> dnnVersion(Cudnn.cudnnGetVersion());
        };
    }

    /** 13050 is 13.5. */
    static String thousands(int version, int minor) {
        return version / 1000 + "." + version % 1000 / minor;
    }

    /** 131000 is 13.10.0. */
    private static String hundreds(long version) {
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /** 92800 is 9.28.0. */
    private static String dnnVersion(long version) {
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    private static int runtimeVersion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.runtime("cudaRuntimeGetVersion", Cudart.cudaRuntimeGetVersion(version));
            return version.get(ValueLayout.JAVA_INT, 0);
        }
    }

    private static String nvrtcVersion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.nvrtc("nvrtcVersion", Nvrtc.nvrtcVersion(major, minor));
            return major.get(ValueLayout.JAVA_INT, 0) + "." + minor.get(ValueLayout.JAVA_INT, 0);
        }
    }
}
