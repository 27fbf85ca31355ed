package dev.gatun.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where NVIDIA's libraries may lie, in the order in which places are tried: property {@code gatun.cuda.path}; the variables
 * {@code CUDA_HOME}, {@code CUDA_PATH}, {@code CUDNN_HOME}; what pip installed, in an active environment first; the usual folders of
 * the system; the loader's own path and cache.
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
    private final Map<String, Path> cache;

    /**
     * Looks for folders.
     *
     * @param properties system properties by name
     * @param environment environment variables by name
     * @param root the root of the file system
     * @param cache files that the system's loader knows, by name
     */
    LibrarySearch(
            Function<String, @Nullable String> properties,
            Function<String, @Nullable String> environment,
            Path root,
            Map<String, Path> cache) {
        this.cache = cache;
        eachFolder(properties.apply(PATH), entry -> addInstallation(entry, "-D" + PATH));
        HOMES.forEach(name -> eachFolder(environment.apply(name), entry -> addInstallation(entry, name)));
        ENVIRONMENTS.forEach(
                name -> eachFolder(environment.apply(name), entry -> addPackages(entry, "pip in " + name)));
        eachFolder(environment.apply("HOME"), home -> addPackages(home.resolve(".local"), "pip for the user"));
        addPackages(root.resolve("usr/local"), "pip");
        addPackages(root.resolve("usr"), "pip");
        SYSTEM.forEach(name -> add(root.resolve(name), "system"));
        list(root.resolve("usr/local"), "cuda-1[23]*").forEach(entry -> add(entry.resolve("lib64"), "system"));
        eachFolder(environment.apply("LD_LIBRARY_PATH"), entry -> add(entry, "LD_LIBRARY_PATH"));
    }

    /** The search on this machine. */
    static LibrarySearch here() {
        return new LibrarySearch(System::getProperty, System::getenv, Path.of("/"), LoaderCache.read());
    }

    /** A file that was found, and what led to it. */
    record Found(Path file, String origin) {
        @Override
        public String toString() {
            return file + " (" + origin + ")";
        }
    }

    /** The first file of a name; empty where no place has it. */
    Optional<Found> find(String fileName) {
        for (Map.Entry<Path, String> folder : folders.entrySet()) {
            Path file = folder.getKey().resolve(fileName);
            if (Files.isRegularFile(file)) {
                return Optional.of(new Found(file, folder.getValue()));
            }
        }
        return Optional.ofNullable(cache.get(fileName)).map(file -> new Found(file, "loader's cache"));
    }

    /** The existing folders that are looked into, each with what led to it. */
    List<String> places() {
        List<String> places = new ArrayList<>();
        folders.forEach((folder, origin) -> places.add(folder + " (" + origin + ")"));
        places.add("the loader's cache");
        return places;
    }

    private static void eachFolder(@Nullable String paths, Consumer<Path> action) {
        if (paths == null) {
            return;
        }
        for (String entry : paths.split(File.pathSeparator, -1)) {
            if (!entry.isBlank()) {
                action.accept(Path.of(entry.strip()));
            }
        }
    }

    /** A folder of libraries, the home of a toolkit, or a folder into which pip installed. */
    private void addInstallation(Path home, String origin) {
        LIBRARY_FOLDERS.forEach(name -> add(home.resolve(name), origin));
        addWheels(home, origin);
        addPackages(home, origin);
    }

    /** Python packages under a prefix: lib/python3.x/site-packages (Debian's own are in dist-packages). */
    private void addPackages(Path prefix, String origin) {
        for (Path python : list(prefix.resolve("lib"), "python3*")) {
            addWheels(python.resolve("site-packages"), origin);
            addWheels(python.resolve("dist-packages"), origin);
        }
    }

    /** NVIDIA's wheels: nvidia/cu13/lib, nvidia/cudnn/lib, nvidia/cublas/lib and so on. */
    private void addWheels(Path packages, String origin) {
        list(packages.resolve("nvidia"), "*").forEach(wheel -> add(wheel.resolve("lib"), origin));
    }

    private void add(Path folder, String origin) {
        if (Files.isDirectory(folder)) {
            folders.putIfAbsent(folder.toAbsolutePath().normalize(), origin);
        }
    }

    /** Entries of a folder in reverse order of their names, so that newer versions come first; none where there is no such folder. */
    private static Collection<Path> list(Path folder, String glob) {
        List<Path> entries = new ArrayList<>();
        if (Files.isDirectory(folder) && Files.isReadable(folder)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
                stream.forEach(entries::add);
            } catch (IOException e) {
                throw new UncheckedIOException("cuda: cannot list " + folder, e);
            }
        }
        entries.sort(Comparator.reverseOrder());
        return entries;
    }
}
