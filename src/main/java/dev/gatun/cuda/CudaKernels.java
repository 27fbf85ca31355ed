package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudart;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The own kernels of one device: shipped as text, compiled by NVRTC for its architecture when a family is first used, kept on the disk
 * and in memory. Used by the thread that holds the device alone.
 */
final class CudaKernels implements AutoCloseable {
    private final CudaRuntime runtime;
    private final String architecture;
    private final KernelCache cache;
    private final String compiler = KernelCompiler.version();
    private final Handles handles = new Handles();
    private final Arena arena = Arena.ofShared();
    private final KernelCall call;
    private final Map<Family, MemorySegment> libraries = new HashMap<>();
    private final Map<Name, MemorySegment> kernels = new HashMap<>();

    private record Family(String name, DType dtype) {}

    private record Name(String family, DType dtype, String kernel) {}

    /** Kernels for an architecture such as {@code sm_90}. */
    CudaKernels(CudaRuntime runtime, String architecture, KernelCache cache) {
        this.runtime = runtime;
        this.architecture = architecture;
        this.cache = cache;
        this.call = new KernelCall(runtime, arena);
    }

    /**
     * Begins a call of a kernel, the arguments of which are given to what is returned, in their order.
     *
     * @param family the file in which the kernel is, without its ending
     * @param dtype what it computes in, F32 or F64
     */
    KernelCall call(String family, DType dtype, String kernel) {
        MemorySegment function = kernels.computeIfAbsent(new Name(family, dtype, kernel), this::find);
        return call.begin(kernel, function, dtype);
    }

    private MemorySegment find(Name name) {
        MemorySegment library = libraries.computeIfAbsent(new Family(name.family, name.dtype), this::load);
        try (Arena slots = Arena.ofConfined()) {
            MemorySegment slot = slots.allocate(ValueLayout.ADDRESS);
            MemorySegment text = slots.allocateFrom(name.kernel);
            runtime.memory()
                    .repeatable(() -> CudaStatus.runtime(
                            "cudaLibraryGetKernel of " + name.kernel,
                            Cudart.cudaLibraryGetKernel(slot, library, text)));
            return slot.get(ValueLayout.ADDRESS, 0);
        }
    }

    /** From the disk where it is kept there and the driver takes it, else compiled. */
    private MemorySegment load(Family family) {
        KernelSource source = KernelSource.of(family.name, family.dtype, architecture);
        String key = source.digest(compiler);
        Optional<byte[]> kept = cache.find(key);
        if (kept.isPresent()) {
            try {
                return load(kept.get());
            } catch (CudaException refused) {
                if (!saysUnfit(refused.status())) {
                    throw refused;
                }
                cache.discard(key, refused.getMessage());
            }
        }
        byte[] code = KernelCompiler.compile(source);
        MemorySegment library = load(code);
        cache.store(key, code);
        return library;
    }

    /** Whether a status blames the code, not the device or its state. */
    private static boolean saysUnfit(int status) {
        return status == Cudart.cudaErrorInvalidKernelImage()
                || status == Cudart.cudaErrorNoKernelImageForDevice()
                || status == Cudart.cudaErrorInvalidValue();
    }

    private MemorySegment load(byte[] code) {
        try (Arena slots = Arena.ofConfined()) {
            MemorySegment bytes = slots.allocateFrom(ValueLayout.JAVA_BYTE, code);
            return runtime.memory()
                    .make(() -> handles.open(
                            slot -> CudaStatus.runtime(
                                    "cudaLibraryLoadData",
                                    Cudart.cudaLibraryLoadData(
                                            slot,
                                            bytes,
                                            MemorySegment.NULL,
                                            MemorySegment.NULL,
                                            0,
                                            MemorySegment.NULL,
                                            MemorySegment.NULL,
                                            0)),
                            library -> CudaStatus.runtime("cudaLibraryUnload", Cudart.cudaLibraryUnload(library))));
        }
    }

    /** Unloads everything; no work that uses it may be queued. */
    @Override
    public void close() {
        kernels.clear();
        libraries.clear();
        try (arena) {
            handles.close();
        }
    }
}
