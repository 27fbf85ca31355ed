package dev.gatun.cuda;

import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.cuda.binding.Nvrtc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Checks what every call returns; where one found no memory on the device, the exception is an {@link OutOfDeviceMemoryException}. */
final class CudaStatus {
    private static final int LAST_ERROR_BYTES = 4096;

    private CudaStatus() {}

    /** Throws unless a call of the CUDA runtime succeeded. An error that ends the device is remembered in {@link LostDevices}. */
    static void runtime(String call, int status) {
        if (status == Cudart.cudaSuccess()) {
            return;
        }
        Cudart.cudaGetLastError();
        LostDevices.note(call, status);
        String problem =
                problem(call, status, text(Cudart.cudaGetErrorName(status)), text(Cudart.cudaGetErrorString(status)));
        if (status == Cudart.cudaErrorMemoryAllocation()) {
            throw outOfMemory(problem);
        }
        throw new CudaException(problem + Remedy.runtime(status), status);
    }

    /** Throws unless a call of cuBLAS succeeded. */
    static void blas(String call, int status) {
        if (status == Cublas.CUBLAS_STATUS_SUCCESS()) {
            return;
        }
        String problem = problem(
                call, status, text(Cublas.cublasGetStatusName(status)), text(Cublas.cublasGetStatusString(status)));
        if (status == Cublas.CUBLAS_STATUS_ALLOC_FAILED()) {
            throw outOfMemory(problem);
        }
        throw new CudaException(problem + Remedy.blas(status), status);
    }

    /** Throws unless a call of cuDNN succeeded; the message has what cuDNN says of its last error on this thread. */
    static void dnn(String call, int status) {
        if (status == Cudnn.CUDNN_STATUS_SUCCESS()) {
            return;
        }
        String problem = problem(call, status, text(Cudnn.cudnnGetErrorString(status)), lastDnnError());
        if (status == Cudnn.CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED()) {
            throw outOfMemory(problem);
        }
        throw new CudaException(problem + Remedy.dnn(status), status);
    }

    /** Throws unless a call of NVRTC succeeded. */
    static void nvrtc(String call, int status) {
        if (status != Nvrtc.NVRTC_SUCCESS()) {
            throw new CudaException(problem(call, status, text(Nvrtc.nvrtcGetErrorString(status)), ""), status);
        }
    }

    /** A string of a library's own. */
    @SuppressWarnings("restricted") // NVIDIA's strings are static and end in 0
    static String text(MemorySegment pointer) {
        return pointer.address() == 0 ? "" : pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** What a library asked for is not known. */
    private static OutOfDeviceMemoryException outOfMemory(String problem) {
        return new OutOfDeviceMemoryException(problem + "; of the bytes of the device " + free() + Remedy.MEMORY);
    }

    /** How many of the device's bytes are free, for a message; never fails. */
    static String free() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            if (Cudart.cudaMemGetInfo(free, total) != Cudart.cudaSuccess()) {
                Cudart.cudaGetLastError();
                return "it cannot be told how many are free";
            }
            return free.get(ValueLayout.JAVA_LONG, 0) + " of " + total.get(ValueLayout.JAVA_LONG, 0) + " are free";
        }
    }

    private static String problem(String call, int status, String name, String words) {
        return call + ": failed with " + status + " " + name + (words.isBlank() ? "" : ": " + words.strip());
    }

    private static String lastDnnError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(LAST_ERROR_BYTES);
            Cudnn.cudnnGetLastErrorString(words, LAST_ERROR_BYTES);
            return words.getString(0);
        }
    }
}
