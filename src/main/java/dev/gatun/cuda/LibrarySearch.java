package dev.gatun.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where NVIDIA's libraries may lie, in the order in which places are tried: property {@code gatun.cuda.path}; the variables
 * {@code CUDA_HOME}, {@code CUDA_PATH}, {@code CUDNN_HOME}; an active environment of Python's or conda's; what pip installed elsewhere;
 * the usual folders of the system; the loader's own path and cache.
 */
final class LibrarySearch {
    /** The property that names folders to look in before all others, separated as in a path. */
    static final String PATH = "gatun.cuda.path";

    private static final List<String> HOMES = List.of("CUDA_HOME", "CUDA_PATH", "CUDNN_HOME");
    private static final List<String> ENVIRONMENTS = List.of("VIRTUAL_ENV", "CONDA_PREFIX");
    private static final List<String> LIBRARY_FOLDERS =
            List.of("", "lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib");
    private static final List<String> SYSTEM = List.of(
            "usr/local/cuda/lib64",
            "usr/lib/x86_64-linux-gnu",
            "usr/lib/aarch64-linux-gnu",
            "usr/lib64",
            "usr/lib",
            "usr/local/lib",
            "opt/cuda/lib64");

    private final Map<Path, String> folders = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Listing listing;
    private final Map<String, Path> cache;

    /** How the entries of a folder are had. */
    @FunctionalInterface
    interface Listing {
        List<Path> list(Path folder, String glob) throws IOException;
    }

    /**
     * Looks for folders.
     *
     * @param properties system properties by name
     * @param environment environment variables by name
     * @param root the root of the file system
     * @param listing how folders are listed
     * @param cache files that the system's loader knows, by name
     */
    LibrarySearch(
            Function<String, @Nullable String> properties,
            Function<String, @Nullable String> environment,
            Path root,
            Listing listing,
            Map<String, Path> cache) {
        this.listing = listing;
        this.cache = cache;
        eachFolder(properties.apply(PATH), "-D" + PATH, entry -> addInstallation(entry, "-D" + PATH));
        HOMES.forEach(name -> eachFolder(environment.apply(name), name, entry -> addInstallation(entry, name)));
        ENVIRONMENTS.forEach(name -> eachFolder(environment.apply(name), name, entry -> addInstallation(entry, name)));
        eachFolder(environment.apply("HOME"), "HOME", home -> addPackages(home.resolve(".local"), "pip for the user"));
        addPackages(root.resolve("usr/local"), "pip");
        addPackages(root.resolve("usr"), "pip");
        SYSTEM.forEach(name -> add(root.resolve(name), "system"));
        newestFirst(root.resolve("usr/local"), "cuda-1[23]*").forEach(entry -> add(entry.resolve("lib64"), "system"));
        eachFolder(environment.apply("LD_LIBRARY_PATH"), "LD_LIBRARY_PATH", entry -> add(entry, "LD_LIBRARY_PATH"));
    }

    /** The search on this machine. */
    static LibrarySearch here() {
        return new LibrarySearch(
                System::getProperty, System::getenv, Path.of("/"), LibrarySearch::list, LoaderCache.read());
    }

    /**
     * A file that was found.
     *
     * @param file where
     * @param origin what led to it
     * @param rank how many places were asked before
     */
    record Found(Path file, String origin, int rank) {
        @Override
        public String toString() {
            return file + " (" + origin + ")";
        }
    }

    /** The first file of a name; empty where no place has it. */
    Optional<Found> find(String fileName) {
        int rank = 0;
        for (Map.Entry<Path, String> folder : folders.entrySet()) {
            Path file = folder.getKey().resolve(fileName);
            if (Files.isRegularFile(file)) {
                return Optional.of(new Found(file, folder.getValue(), rank));
            }
            rank++;
        }
        int last = rank;
        return Optional.ofNullable(cache.get(fileName)).map(file -> new Found(file, "loader's cache", last));
    }

    /** The folders that are looked into, each with what led to it, and those that were named and cannot be looked into. */
    List<String> places() {
        List<String> places = new ArrayList<>();
        folders.forEach((folder, origin) -> places.add(folder + " (" + origin + ")"));
        places.add("the loader's cache");
        places.addAll(problems);
        return places;
    }

    /** Each folder of a list that somebody set; one that is not there is worth a word. */
    private void eachFolder(@Nullable String paths, String origin, Consumer<Path> action) {
        if (paths == null) {
            return;
        }
        for (String entry : paths.split(File.pathSeparator, -1)) {
            if (entry.isBlank()) {
                continue;
            }
            try {
                Path folder = Path.of(entry.strip());
                if (Files.isDirectory(folder)) {
                    action.accept(folder);
                } else {
                    problems.add(folder + " (" + origin + ") is no folder");
                }
            } catch (InvalidPathException notAPath) {
                problems.add("'" + notAPath.getInput() + "' (" + origin + ") is no path");
            }
        }
    }

    /** A folder of libraries, the home of a toolkit, or a folder into which pip installed. */
    private void addInstallation(Path home, String origin) {
        LIBRARY_FOLDERS.forEach(name -> add(home.resolve(name), origin));
        addWheels(home, origin);
        addPackages(home, origin);
    }

    /** Python packages under a prefix: lib/python3.x/site-packages (Debian's own are in dist-packages, Fedora's in lib64). */
    private void addPackages(Path prefix, String origin) {
        for (String library : List.of("lib", "lib64")) {
            for (Path python : newestFirst(prefix.resolve(library), "python3*")) {
                addWheels(python.resolve("site-packages"), origin);
                addWheels(python.resolve("dist-packages"), origin);
            }
        }
    }

    /** NVIDIA's wheels: nvidia/cu13/lib, nvidia/cudnn/lib, nvidia/cublas/lib and so on. */
    private void addWheels(Path packages, String origin) {
        newestFirst(packages.resolve("nvidia"), "*").forEach(wheel -> add(wheel.resolve("lib"), origin));
    }

    private void add(Path folder, String origin) {
        if (Files.isDirectory(folder)) {
            folders.putIfAbsent(folder.toAbsolutePath().normalize(), origin);
        }
    }

    /** Entries of a folder, the newest version first; none where there is no such folder. */
    private List<Path> newestFirst(Path folder, String glob) {
        List<Path> entries = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try {
                entries.addAll(listing.list(folder, glob));
            } catch (IOException failure) {
                problems.add(folder + " cannot be listed: " + failure);
            }
        }
        entries.sort(new NewestFirst());
        return entries;
    }

    static List<Path> list(Path folder, String glob) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(entries::add);
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        return entries;
    }
}
