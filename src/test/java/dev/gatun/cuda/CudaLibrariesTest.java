package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.gatun.cuda.LibraryLoader.Loaded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is chosen and said, with files that are none and a loader that loads nothing.
class CudaLibrariesTest {
    private static final LibraryLoader NEVER = (library, file) -> fail("loads " + file);

    @TempDir
    private Path root;

    private FakeMachine machine() {
        return new FakeMachine(root);
    }

    private String at(String path) {
        return root.resolve(path).toString();
    }

    /// All libraries are of the release that their folder's name ends with.
    private static Loaded byFolder(CudaLibrary library, Path file) {
        String folder = file.getParent().toString();
        int release = Integer.parseInt(folder.substring(folder.length() - 2));
        return new Loaded(release + ".7", release, List.of());
    }

    private static String versions(CudaLibraries libraries) {
        return libraries.statuses().stream()
                .map(status -> status.fileName() + " " + status.version())
                .collect(Collectors.joining(", "));
    }

    @Test
    void completeLibrariesOfAReleaseAreLoadedInTheirOrder() {
        List<Path> loaded = new ArrayList<>();
        CudaLibraries libraries = CudaLibraries.load(
                machine().release(13, "cuda13").property(at("cuda13")).search(), (library, file) -> {
                    loaded.add(file.getFileName());
                    return byFolder(library, file);
                });
        assertEquals(Optional.empty(), libraries.problem());
        assertEquals(Optional.empty(), libraries.remedy());
        assertEquals(
                List.of("libcudart.so.13", "libnvrtc.so.13", "libcublasLt.so.13", "libcublas.so.13", "libcudnn.so.9"),
                loaded.stream().map(Path::toString).toList());
        assertEquals(
                "libcudart.so.13 13.7, libnvrtc.so.13 13.7, libcublasLt.so.13 13.7, libcublas.so.13 13.7,"
                        + " libcudnn.so.9 13.7",
                versions(libraries));
    }

    @Test
    void theReleaseThatIsCompleteIsTaken() {
        FakeMachine machine = machine().files("one", "libcudart.so.13").release(12, "cuda12");
        CudaLibraries libraries = CudaLibraries.load(
                machine.property(at("one")).variable("CUDA_HOME", at("cuda12")).search(), CudaLibrariesTest::byFolder);
        assertEquals(Optional.empty(), libraries.problem());
        assertEquals("libcudart.so.12", libraries.statuses().getFirst().fileName());
    }

    @Test
    void ofTwoCompleteReleasesTheOneNamedFirstIsTaken() {
        FakeMachine machine = machine().release(12, "cuda12").release(13, "cuda13");
        CudaLibraries given = CudaLibraries.load(
                machine.property(at("cuda12"))
                        .variable("CUDA_HOME", at("cuda13"))
                        .search(),
                CudaLibrariesTest::byFolder);
        assertEquals("libcudart.so.12", given.statuses().getFirst().fileName());
    }

    @Test
    void ofTwoReleasesInOneFolderTheNewerIsTaken() {
        FakeMachine machine =
                machine().release(12, "both13").release(13, "both13").property(at("both13"));
        CudaLibraries libraries = CudaLibraries.load(machine.search(), CudaLibrariesTest::byFolder);
        assertEquals("libcudart.so.13", libraries.statuses().getFirst().fileName());
    }

    @Test
    void whereNothingIsFoundEverythingTriedIsSaid() {
        CudaLibraries libraries = CudaLibraries.load(
                machine().files("usr/lib").property(at("gone")).search(), NEVER);
        assertEquals("""
            NVIDIA's libraries are not all there: no libcudart.so.13, libnvrtc.so.13, libcublasLt.so.13, \
            libcublas.so.13, libcudnn.so.9 found
              looked in ROOT/usr/lib (system)
              looked in the loader's cache
              looked in ROOT/gone (-Dgatun.cuda.path) is no folder
              mend it with: pip install 'nvidia-cuda-runtime==13.*' 'nvidia-cuda-nvrtc==13.*' \
            'nvidia-cublas==13.*' nvidia-cudnn-cu13\
            """.replace("ROOT", root.toString()), libraries.problem().orElseThrow());
    }

    @Test
    void onlyWhatIsMissingIsAskedForAndNothingIsLoaded() {
        CudaLibraries libraries = CudaLibraries.load(
                machine()
                        .files("usr/lib", "libcudart.so.12", "libcublasLt.so.12", "libcublas.so.12")
                        .search(),
                NEVER);
        assertEquals("""
            NVIDIA's libraries are not all there: no libnvrtc.so.12, libcudnn.so.9 found
              found ROOT/usr/lib/libcudart.so.12 (system)
              found ROOT/usr/lib/libcublasLt.so.12 (system)
              found ROOT/usr/lib/libcublas.so.12 (system)
              looked in ROOT/usr/lib (system)
              looked in the loader's cache
              mend it with: pip install nvidia-cuda-nvrtc-cu12 nvidia-cudnn-cu12\
            """.replace("ROOT", root.toString()), libraries.problem().orElseThrow());
    }

    @Test
    void librariesOfDifferentReleasesAreNamed() {
        CudaLibraries libraries = CudaLibraries.load(
                machine().release(13, "cuda13").property(at("cuda13")).search(),
                (library, file) -> new Loaded("9.1", library == CudaLibrary.CUDNN ? 12 : 13, List.of()));
        assertEquals(
                "NVIDIA's libraries cannot be used: " + at("cuda13/libcudnn.so.9")
                        + " (-Dgatun.cuda.path): it is of CUDA 12, the other libraries are of CUDA 13",
                libraries.problem().orElseThrow().lines().findFirst().orElseThrow());
        assertEquals(
                "remove or replace " + at("cuda13/libcudnn.so.9"),
                libraries.remedy().orElseThrow());
    }

    @Test
    void whatPipInstalledPipReplaces() {
        String packages = "venv/lib/python3.12/site-packages/nvidia/";
        CudaLibraries libraries = CudaLibraries.load(
                machine()
                        .release(13, packages + "cu13/lib")
                        .variable("VIRTUAL_ENV", at("venv"))
                        .search(),
                (library, file) -> new Loaded("9.1", library == CudaLibrary.CUDNN ? 12 : 13, List.of()));
        assertEquals(
                "pip install --force-reinstall nvidia-cudnn-cu13",
                libraries.remedy().orElseThrow());
    }

    @Test
    void aRuntimeThatLacksFunctionsIsTooOld() {
        CudaLibraries libraries = CudaLibraries.load(
                machine().release(12, "cuda12").property(at("cuda12")).search(),
                (library, file) -> new Loaded(
                        "12.4", 12, library == CudaLibrary.CUDART ? List.of("cudaLibraryLoadData") : List.of()));
        CudaLibraries.Status runtime = libraries.statuses().getFirst();
        assertEquals("12.4", runtime.version());
        assertEquals("it is too old: it lacks cudaLibraryLoadData; take CUDA 12.8 or newer", runtime.error());
    }

    @Test
    void whatCannotBeLoadedIsSaidInTheLoadersWords() {
        CudaLibraries libraries = CudaLibraries.load(
                machine().release(13, "cuda13").property(at("cuda13")).search(), (library, file) -> {
                    return switch (library) {
                        case CUDART -> throw new UnsatisfiedLinkError("invalid ELF header");
                        case NVRTC -> throw new ExceptionInInitializerError(new IllegalStateException("no symbol"));
                        case CUBLAS -> throw new NoClassDefFoundError("Could not initialize");
                        case CUDNN -> throw new CudaException("cudnnGetVersion: failed", 1);
                        case CUBLAS_LT -> byFolder(library, file);
                    };
                });
        assertEquals(
                List.of(
                        "cannot be loaded: invalid ELF header",
                        "cannot be loaded: no symbol",
                        "null",
                        "cannot be loaded: Could not initialize",
                        "cannot be loaded: cudnnGetVersion: failed"),
                libraries.statuses().stream()
                        .map(status -> String.valueOf(status.error()))
                        .toList());
    }

    @Test
    void nativeAccessThatIsDeniedIsToldFromABrokenFile() {
        CudaLibraries libraries = CudaLibraries.load(
                machine().release(13, "cuda13").property(at("cuda13")).search(), (library, file) -> {
                    throw new IllegalCallerException("Illegal native access from module dev.gatun");
                });
        assertEquals(
                "start Java with --enable-native-access=dev.gatun (ALL-UNNAMED on the class path)",
                libraries.remedy().orElseThrow());
    }
}
