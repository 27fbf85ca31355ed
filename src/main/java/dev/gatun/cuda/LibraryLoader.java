package dev.gatun.cuda;

import java.nio.file.Path;
import java.util.List;

/** Loads a file into this process and asks it what it is. */
@FunctionalInterface
interface LibraryLoader {
    /** Loads a library; throws a {@link LinkageError} or a {@link RuntimeException} where that fails. */
    Loaded load(CudaLibrary library, Path file);

    /**
     * What a library says of itself.
     *
     * @param version such as 9.28.0
     * @param cudaRelease the CUDA release that it is of, or was built for
     * @param absent functions without which nothing runs, and that it lacks
     */
    record Loaded(String version, int cudaRelease, List<String> absent) {}
}
