package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.cuda.binding.Nvrtc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/** Loads with the class loader of the bindings, which look symbols up there. */
final class SystemLoader implements LibraryLoader {
    /** Functions that CUDA 12 lacks before 12.8; all else that is bound was found in CUDA 12.8 and cuDNN 9.0. */
    private static final List<String> NEEDED =
            List.of("cudaLibraryLoadData", "cudaLibraryGetKernel", "cudaLibraryUnload");

    @Override
    @SuppressWarnings("restricted") // loading NVIDIA's libraries is what this class is for
    public Loaded load(CudaLibrary library, Path file) {
        System.load(file.toString());
        return switch (library) {
            case CUDART -> runtime();
            case NVRTC -> compiler();
            case CUBLAS_LT, CUBLAS -> {
                long version = Cublas.cublasLtGetVersion();
                yield loaded(three(version), version / 10000);
            }
            case CUDNN -> loaded(three(Cudnn.cudnnGetVersion()), Cudnn.cudnnGetCudartVersion() / 1000);
        };
    }

    private static Loaded loaded(String version, long cudaRelease) {
        return new Loaded(version, Math.toIntExact(cudaRelease), List.of());
    }

    /** 131000 is 13.10.0. */
    private static String three(long version) {
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /** 13050 is 13.5. */
    static String two(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    private static Loaded runtime() {
        List<String> absent = NEEDED.stream()
                .filter(name -> SymbolLookup.loaderLookup().find(name).isEmpty())
                .toList();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.runtime("cudaRuntimeGetVersion", Cudart.cudaRuntimeGetVersion(version));
            int number = version.get(ValueLayout.JAVA_INT, 0);
            return new Loaded(two(number), number / 1000, absent);
        }
    }

    private static Loaded compiler() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.nvrtc("nvrtcVersion", Nvrtc.nvrtcVersion(major, minor));
            int release = major.get(ValueLayout.JAVA_INT, 0);
            return loaded(release + "." + minor.get(ValueLayout.JAVA_INT, 0), release);
        }
    }
}
