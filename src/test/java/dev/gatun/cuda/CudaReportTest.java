package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.Finding;
import dev.gatun.cuda.LibraryLoader.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaReportTest {
    @TempDir
    private Path root;

    private String at(String path) {
        return root.resolve(path).toString();
    }

    @Test
    void librariesThatCanBeUsedAreListedWithVersionAndPlace() {
        CudaLibraries libraries = CudaLibraries.load(
                new FakeMachine(root).release(12, "usr/lib64").search(),
                (library, file) -> new Loaded("12.8", 12, List.of()));
        List<Finding> findings = CudaReport.libraries(libraries);
        assertEquals(5, findings.size());
        assertEquals(
                Finding.fine("libcudart.so.12", "12.8, " + at("usr/lib64/libcudart.so.12") + " (system)"),
                findings.getFirst());
    }

    @Test
    void whatIsMissingIsListedWithPlacesAndRemedy() {
        CudaLibraries libraries = CudaLibraries.load(
                new FakeMachine(root)
                        .files("usr/lib", "libcudart.so.13", "libcublas.so.13", "libcublasLt.so.13", "libcudnn.so.9")
                        .search(),
                (library, file) -> {
                    throw new AssertionError("loads " + file);
                });
        assertEquals(
                List.of(
                        Finding.fine("libcudart.so.13", at("usr/lib/libcudart.so.13") + " (system)"),
                        Finding.lacking("libnvrtc.so.13", "was not found"),
                        Finding.fine("libcublasLt.so.13", at("usr/lib/libcublasLt.so.13") + " (system)"),
                        Finding.fine("libcublas.so.13", at("usr/lib/libcublas.so.13") + " (system)"),
                        Finding.fine("libcudnn.so.9", at("usr/lib/libcudnn.so.9") + " (system)"),
                        Finding.fine("looked in", at("usr/lib") + " (system)"),
                        Finding.fine("looked in", "the loader's cache"),
                        Finding.remedy("pip install 'nvidia-cuda-nvrtc==13.*'")),
                CudaReport.libraries(libraries));
    }

    @Test
    void theDriversVersionIsWhatItsKernelModuleSays() throws IOException {
        assertEquals(Optional.empty(), CudaReport.kernelModule(root));
        Path folder = Files.createDirectories(root.resolve("proc/driver/nvidia"));
        Files.writeString(folder.resolve("version"), "NVRM version: NVIDIA UNIX x86_64  580.1 \nGCC version: 12\n");
        assertEquals(Optional.of("NVRM version: NVIDIA UNIX x86_64  580.1"), CudaReport.kernelModule(root));
    }

    @Test
    void theDriverIsThereWhereItServesOrSaysSo() {
        Optional<String> module = Optional.of("NVRM version: 580");
        Optional<String> none = Optional.of(CudaDevices.NO_DRIVER);
        Optional<String> serves = Optional.of("for CUDA 13.0");
        assertEquals(
                List.of(
                        Finding.fine("driver", "NVRM version: 580"),
                        Finding.lacking("driver", "no kernel module of NVIDIA's is loaded"),
                        Finding.fine("driver", "for CUDA 13.0, NVRM version: 580"),
                        Finding.fine("driver", "for CUDA 13.0, no kernel module of NVIDIA's is loaded"),
                        Finding.lacking(
                                "driver", "NVRM version: 580, and libcuda.so.1 was not found or does not work")),
                List.of(
                        CudaReport.driver(module, Optional.empty()),
                        CudaReport.driver(Optional.empty(), Optional.empty()),
                        CudaReport.driver(module, serves),
                        CudaReport.driver(Optional.empty(), serves),
                        CudaReport.driver(module, none)));
    }
}
