package dev.gatun.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A file system, its variables and its loader's cache, in a temporary folder.
final class FakeMachine {
    private final Path root;
    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, Path> cache = new HashMap<>();
    private final Set<Path> locked = new HashSet<>();

    FakeMachine(Path root) {
        this.root = root;
    }

    Path at(String path) {
        return root.resolve(path);
    }

    FakeMachine property(String value) {
        properties.put(LibrarySearch.PATH, value);
        return this;
    }

    FakeMachine variable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    FakeMachine cached(String fileName, Path file) {
        cache.put(fileName, file);
        return this;
    }

    /// The folder cannot be listed.
    FakeMachine locked(Path folder) {
        locked.add(folder);
        return this;
    }

    /// Makes files in a folder, and the folder.
    FakeMachine files(String folder, String... names) {
        try {
            Files.createDirectories(at(folder));
            for (String name : names) {
                Files.writeString(at(folder).resolve(name), "not a library");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /// All libraries of a release, in one folder.
    FakeMachine release(int release, String folder) {
        for (CudaLibrary library : CudaLibrary.values()) {
            files(folder, library.fileName(release));
        }
        return this;
    }

    LibrarySearch search() {
        return new LibrarySearch(properties::get, environment::get, root, this::list, cache);
    }

    private List<Path> list(Path folder, String glob) throws IOException {
        if (locked.contains(folder)) {
            throw new AccessDeniedException(folder.toString());
        }
        return LibrarySearch.list(folder, glob);
    }
}
