package dev.gatun.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** NVIDIA's libraries in this process: all of one CUDA release and cuDNN 9, or none. */
final class CudaLibraries {
    /** The CUDA releases that the bindings fit, the preferred one first. */
    static final List<Integer> RELEASES = List.of(13, 12);

    private final List<Status> statuses;
    private final List<String> places;
    private final @Nullable String problem;
    private final @Nullable String remedy;

    private CudaLibraries(
            List<Status> statuses, List<String> places, @Nullable String problem, @Nullable String remedy) {
        this.statuses = statuses;
        this.places = places;
        this.problem = problem;
        this.remedy = remedy;
    }

    /**
     * What became of one library.
     *
     * @param library which
     * @param release the CUDA release it was looked for of
     * @param found its file; null where there is none
     * @param version its own word, such as 9.28.0; null where it was not loaded
     * @param error why it cannot be used; null where it can
     */
    record Status(
            CudaLibrary library,
            int release,
            LibrarySearch.@Nullable Found found,
            @Nullable String version,
            @Nullable String error) {
        String fileName() {
            return library.fileName(release);
        }
    }

    /** The libraries, searched for and loaded at the first call. */
    static CudaLibraries get() {
        return Loaded.LIBRARIES;
    }

    private static final class Loaded {
        static final CudaLibraries LIBRARIES = System.getProperty("os.name").equals("Linux")
                ? load(LibrarySearch.here(), new SystemLoader())
                : new CudaLibraries(List.of(), List.of(), "NVIDIA's libraries are looked for on Linux only", null);
    }

    /** What was tried, library by library; empty where none was looked for. */
    List<Status> statuses() {
        return statuses;
    }

    /** The places that were looked into. */
    List<String> places() {
        return places;
    }

    /** Why the libraries cannot be used, with everything that was tried; its first line says it in short. Empty when they can. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** What to do about the problem. */
    Optional<String> remedy() {
        return Optional.ofNullable(remedy);
    }

    /** Searches for all libraries and loads them when all were found. */
    static CudaLibraries load(LibrarySearch search, LibraryLoader loader) {
        int release = release(search);
        Map<CudaLibrary, LibrarySearch.Found> files = find(search, release);
        boolean complete = files.size() == CudaLibrary.values().length;
        List<Status> statuses = new ArrayList<>();
        for (CudaLibrary library : CudaLibrary.values()) {
            LibrarySearch.Found found = files.get(library);
            statuses.add(
                    found == null
                            ? new Status(library, release, null, null, "was not found")
                            : complete
                                    ? load(library, found, release, loader)
                                    : new Status(library, release, found, null, null));
        }
        String remedy = Remedy.libraries(statuses);
        return new CudaLibraries(statuses, search.places(), problem(statuses, search.places(), remedy), remedy);
    }

    /** The release that is complete; of two, the one whose runtime is found first. Where none is complete, the one with the most. */
    private static int release(LibrarySearch search) {
        Comparator<Integer> byFiles =
                Comparator.comparingInt(release -> -find(search, release).size());
        Comparator<Integer> byPlace = Comparator.comparingInt(
                release -> Optional.ofNullable(find(search, release).get(CudaLibrary.CUDART))
                        .map(LibrarySearch.Found::rank)
                        .orElse(Integer.MAX_VALUE));
        return RELEASES.stream()
                .sorted(byFiles.thenComparing(byPlace))
                .findFirst()
                .orElseThrow();
    }

    private static Map<CudaLibrary, LibrarySearch.Found> find(LibrarySearch search, int release) {
        Map<CudaLibrary, LibrarySearch.Found> files = new EnumMap<>(CudaLibrary.class);
        for (CudaLibrary library : CudaLibrary.values()) {
            search.find(library.fileName(release)).ifPresent(found -> files.put(library, found));
        }
        return files;
    }

    private static Status load(CudaLibrary library, LibrarySearch.Found found, int release, LibraryLoader loader) {
        try {
            LibraryLoader.Loaded loaded = loader.load(library, found.file());
            return new Status(library, release, found, loaded.version(), mismatch(loaded, release));
        } catch (LinkageError | RuntimeException failure) {
            Throwable cause = failure instanceof ExceptionInInitializerError && failure.getCause() != null
                    ? failure.getCause()
                    : failure;
            return new Status(library, release, found, null, "cannot be loaded: " + cause.getMessage());
        }
    }

    /** What of a loaded library does not fit; null where all does. */
    private static @Nullable String mismatch(LibraryLoader.Loaded loaded, int release) {
        if (loaded.cudaRelease() != release) {
            return "it is of CUDA " + loaded.cudaRelease() + ", the other libraries are of CUDA " + release;
        }
        return loaded.absent().isEmpty()
                ? null
                : "it is too old: it lacks " + String.join(", ", loaded.absent()) + "; take CUDA 12.8 or newer";
    }

    private static @Nullable String problem(List<Status> statuses, List<String> places, @Nullable String remedy) {
        List<Status> bad =
                statuses.stream().filter(status -> status.error() != null).toList();
        if (bad.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder("NVIDIA's libraries ").append(inShort(bad));
        statuses.stream()
                .filter(status -> status.found() != null)
                .forEach(status -> text.append("\n  found ").append(status.found()));
        places.forEach(place -> text.append("\n  looked in ").append(place));
        return remedy == null
                ? text.toString()
                : text.append("\n  mend it with: ").append(remedy).toString();
    }

    /** Where some are missing, none was loaded. */
    private static String inShort(List<Status> bad) {
        return bad.getFirst().found() == null
                ? bad.stream()
                        .map(Status::fileName)
                        .collect(Collectors.joining(", ", "are not all there: no ", " found"))
                : bad.stream()
                        .map(status -> status.found() + ": " + status.error())
                        .collect(Collectors.joining("; ", "cannot be used: ", ""));
    }
}
