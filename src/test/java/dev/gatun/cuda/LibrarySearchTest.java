package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every place, in the promised order, on machines made of temporary folders.
class LibrarySearchTest {
    private static final String FILE = "libcudart.so.13";

    /// Where the file may lie, the first place first, and what the search calls the place.
    private static final List<Place> ORDER = List.of(
            new Place("given", "-Dgatun.cuda.path"),
            new Place("given/lib64", "-Dgatun.cuda.path"),
            new Place("given/lib", "-Dgatun.cuda.path"),
            new Place("given/targets/x86_64-linux/lib", "-Dgatun.cuda.path"),
            new Place("given/targets/sbsa-linux/lib", "-Dgatun.cuda.path"),
            new Place("given/nvidia/cu13/lib", "-Dgatun.cuda.path"),
            new Place("given/lib/python3.12/site-packages/nvidia/cu13/lib", "-Dgatun.cuda.path"),
            new Place("given-too", "-Dgatun.cuda.path"),
            new Place("home/lib64", "CUDA_HOME"),
            new Place("path/lib64", "CUDA_PATH"),
            new Place("dnn/lib", "CUDNN_HOME"),
            new Place("venv/lib/python3.12/site-packages/nvidia/cu13/lib", "VIRTUAL_ENV"),
            new Place("venv/lib/python3.12/site-packages/nvidia/cu12/lib", "VIRTUAL_ENV"),
            new Place("venv/lib/python3.9/site-packages/nvidia/cu13/lib", "VIRTUAL_ENV"),
            new Place("conda/lib", "CONDA_PREFIX"),
            new Place("conda/lib/python3.12/site-packages/nvidia/cuda_runtime/lib", "CONDA_PREFIX"),
            new Place("me/.local/lib/python3.12/site-packages/nvidia/cu13/lib", "pip for the user"),
            new Place("usr/local/lib/python3.12/dist-packages/nvidia/cu13/lib", "pip"),
            new Place("usr/lib/python3.12/site-packages/nvidia/cu13/lib", "pip"),
            new Place("usr/lib/python3/dist-packages/nvidia/cu13/lib", "pip"),
            new Place("usr/lib64/python3.12/site-packages/nvidia/cu13/lib", "pip"),
            new Place("usr/local/cuda/lib64", "system"),
            new Place("usr/lib/x86_64-linux-gnu", "system"),
            new Place("usr/lib/aarch64-linux-gnu", "system"),
            new Place("usr/lib64", "system"),
            new Place("usr/lib", "system"),
            new Place("usr/local/lib", "system"),
            new Place("opt/cuda/lib64", "system"),
            new Place("usr/local/cuda-13.10/lib64", "system"),
            new Place("usr/local/cuda-13.9/lib64", "system"),
            new Place("usr/local/cuda-13/lib64", "system"),
            new Place("usr/local/cuda-12.8/lib64", "system"),
            new Place("loader/one", "LD_LIBRARY_PATH"),
            new Place("loader/two", "LD_LIBRARY_PATH"));

    private record Place(String folder, String origin) {}

    @TempDir
    private Path root;

    private FakeMachine machine() {
        FakeMachine machine = new FakeMachine(root);
        ORDER.forEach(place -> machine.files(place.folder()));
        return machine.property(paths("given", "given-too"))
                .variable("CUDA_HOME", paths("home"))
                .variable("CUDA_PATH", paths("path"))
                .variable("CUDNN_HOME", paths("dnn"))
                .variable("VIRTUAL_ENV", paths("venv"))
                .variable("CONDA_PREFIX", paths("conda"))
                .variable("HOME", paths("me"))
                .variable("LD_LIBRARY_PATH", paths("loader/one", "loader/two"));
    }

    private String paths(String... names) {
        return String.join(
                File.pathSeparator,
                Stream.of(names).map(name -> root.resolve(name).toString()).toList());
    }

    @Test
    void everyPlaceIsLookedIntoInThePromisedOrder() throws IOException {
        FakeMachine machine = machine().cached(FILE, Path.of("/known/" + FILE));
        ORDER.forEach(place -> machine.files(place.folder(), FILE));
        List<String> expected = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (Place place : ORDER) {
            expected.add(root.resolve(place.folder(), FILE) + " (" + place.origin() + ")");
            LibrarySearch.Found next = machine.search().find(FILE).orElseThrow();
            found.add(next.toString());
            Files.delete(next.file());
        }
        assertEquals(String.join("\n", expected), String.join("\n", found));
        assertEquals(
                "/known/" + FILE + " (loader's cache)",
                machine.search().find(FILE).orElseThrow().toString());
    }

    @Test
    void ranksGrowWithTheOrder() {
        FakeMachine machine =
                machine().files("given", "a.so").files("usr/lib", "b.so").cached("c.so", Path.of("/c.so"));
        LibrarySearch search = machine.search();
        int first = search.find("a.so").orElseThrow().rank();
        int second = search.find("b.so").orElseThrow().rank();
        int third = search.find("c.so").orElseThrow().rank();
        assertTrue(first < second && second < third, first + ", " + second + ", " + third);
    }

    @Test
    void nothingIsFoundOnAnEmptyMachine() {
        LibrarySearch search = new FakeMachine(root).search();
        assertEquals(Optional.empty(), search.find(FILE));
        assertEquals(List.of("the loader's cache"), search.places());
    }

    @Test
    void blankEntriesAreNoPlaces() {
        LibrarySearch search = new FakeMachine(root)
                .files("one")
                .property(" " + File.pathSeparator + File.pathSeparator + " " + root.resolve("one") + " ")
                .variable("CUDA_HOME", "")
                .variable("LD_LIBRARY_PATH", File.pathSeparator)
                .search();
        assertEquals(List.of(root.resolve("one") + " (-Dgatun.cuda.path)", "the loader's cache"), search.places());
    }

    @Test
    void aFolderCountsOnceForWhatNamedItFirst() {
        LibrarySearch search = new FakeMachine(root)
                .files("one", FILE)
                .property(paths("one"))
                .variable("CUDA_HOME", paths("one/../one"))
                .search();
        assertEquals(List.of(root.resolve("one") + " (-Dgatun.cuda.path)", "the loader's cache"), search.places());
    }

    @Test
    void aFolderOfTheFilesNameIsNoLibrary() {
        assertEquals(
                Optional.empty(),
                new FakeMachine(root)
                        .files("one/" + FILE)
                        .property(paths("one"))
                        .search()
                        .find(FILE));
    }

    @Test
    void foldersThatWereNamedAndAreNotThereAreTold() {
        LibrarySearch search = new FakeMachine(root)
                .files("usr/lib")
                .files("some", "file")
                .property(paths("gone"))
                .variable("CUDA_HOME", paths("some/file"))
                .variable("CUDNN_HOME", "a\0b")
                .search();
        assertEquals(
                List.of(
                        root.resolve("usr/lib") + " (system)",
                        "the loader's cache",
                        root.resolve("gone") + " (-Dgatun.cuda.path) is no folder",
                        root.resolve("some/file") + " (CUDA_HOME) is no folder",
                        "'a\0b' (CUDNN_HOME) is no path"),
                search.places());
    }

    @Test
    void aFolderThatCannotBeListedIsToldAndTheSearchGoesOn() {
        Path locked = root.resolve("venv/lib");
        LibrarySearch search = machine().locked(locked).files("conda/lib", FILE).search();
        assertEquals(
                root.resolve("conda/lib", FILE) + " (CONDA_PREFIX)",
                search.find(FILE).orElseThrow().toString());
        assertTrue(
                search.places().contains(locked + " cannot be listed: java.nio.file.AccessDeniedException: " + locked),
                search.places().toString());
    }
}
