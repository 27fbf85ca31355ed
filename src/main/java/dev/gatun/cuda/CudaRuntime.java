package dev.gatun.cuda;

import dev.gatun.backend.Precision;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the families of one device share: one stream, on which all its work is queued in order, the libraries' handles, memory, kernels,
 * and the lock under which calls are made, because handles serve one thread at a time.
 */
final class CudaRuntime implements AutoCloseable {
    private final int device;
    private final boolean several;
    private final ReentrantLock lock = new ReentrantLock();
    private final Calls calls = new Calls();
    private final Handles handles = new Handles();
    private final MemorySegment stream;
    private final MemorySegment blas;
    private final MemorySegment blasLt;
    private final MemorySegment dnn;
    private final CudaMemory memory;
    private final CudaKernels kernels;
    private final CudaCopies copies;
    private volatile Precision precision = Precision.F32;
    private volatile boolean closed;

    /** Opens a device; what was opened is closed again where that fails. */
    CudaRuntime(int device, int devices) {
        this.device = device;
        this.several = devices > 1;
        boolean opened = false;
        try {
            select();
            stream = handles.open(
                    slot -> CudaStatus.runtime(
                            "cudaStreamCreateWithFlags",
                            Cudart.cudaStreamCreateWithFlags(slot, Cudart.cudaStreamNonBlocking())),
                    handle -> CudaStatus.runtime("cudaStreamDestroy", Cudart.cudaStreamDestroy(handle)));
            blas = handles.open(
                    slot -> CudaStatus.blas("cublasCreate_v2", Cublas.cublasCreate_v2(slot)),
                    handle -> CudaStatus.blas("cublasDestroy_v2", Cublas.cublasDestroy_v2(handle)));
            blasLt = handles.open(
                    slot -> CudaStatus.blas("cublasLtCreate", Cublas.cublasLtCreate(slot)),
                    handle -> CudaStatus.blas("cublasLtDestroy", Cublas.cublasLtDestroy(handle)));
            dnn = handles.open(
                    slot -> CudaStatus.dnn("cudnnCreate", Cudnn.cudnnCreate(slot)),
                    handle -> CudaStatus.dnn("cudnnDestroy", Cudnn.cudnnDestroy(handle)));
            CudaStatus.blas("cublasSetStream_v2", Cublas.cublasSetStream_v2(blas, stream));
            // Without this, parts of a sum may be rounded to the result's BF16 or F16 before they are added.
            CudaStatus.blas(
                    "cublasSetMathMode",
                    Cublas.cublasSetMathMode(blas, Cublas.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION()));
            CudaStatus.dnn("cudnnSetStream", Cudnn.cudnnSetStream(dnn, stream));
            memory = new CudaMemory(this);
            handles.own(memory::close);
            kernels = new CudaKernels(this, CudaDevices.properties(device).architecture(), KernelCache.ofUser());
            handles.own(kernels::close);
            copies = new CudaCopies(this);
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    /** How messages call the device. */
    String name() {
        return "cuda:" + device;
    }

    MemorySegment stream() {
        return stream;
    }

    MemorySegment blas() {
        return blas;
    }

    MemorySegment blasLt() {
        return blasLt;
    }

    MemorySegment dnn() {
        return dnn;
    }

    CudaMemory memory() {
        return memory;
    }

    /** The own kernels; for the thread that holds the device. */
    CudaKernels kernels() {
        return kernels;
    }

    /** Copies and fills within the device. */
    CudaCopies copies() {
        return copies;
    }

    /** How products of F32 may be computed. */
    Precision precision() {
        return precision;
    }

    void allow(Precision allowed) {
        precision = allowed;
    }

    /** How cuBLAS computes products of a type. */
    int computeType(DType dtype) {
        return CudaTypes.computeType(dtype, precision);
    }

    /** How cuDNN computes in F32. */
    int mathType() {
        return CudaTypes.mathType(precision);
    }

    /** Throws when the device is lost or was closed. */
    void check() {
        LostDevices.check(device);
        if (closed) {
            throw new IllegalStateException(name() + ": was used after it was closed");
        }
    }

    /** Makes this the calling thread's device, to work on it. */
    void select() {
        check();
        enter();
    }

    /** Makes this the calling thread's device, whatever became of it. */
    void enter() {
        if (several) {
            CudaStatus.runtime("cudaSetDevice", Cudart.cudaSetDevice(device));
        }
    }

    /** Holds the device for the calls of one operation, until closed. Waiting for the device happens outside. */
    Calls calls() {
        lock.lock();
        try {
            select();
        } catch (Throwable thrown) {
            lock.unlock();
            throw thrown;
        }
        return calls;
    }

    /** The device held by the calling thread. */
    final class Calls implements AutoCloseable {
        @Override
        public void close() {
            lock.unlock();
        }
    }

    /** Waits for all work, and says what went wrong in it. */
    void synchronize() {
        select();
        CudaStatus.runtime("cudaStreamSynchronize", Cudart.cudaStreamSynchronize(stream));
        memory.faults().check();
    }

    boolean isClosed() {
        return closed;
    }

    /** Closes everything, whatever fails, also where the device is lost. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            handles.own(this::enter);
            handles.close();
        } finally {
            lock.unlock();
        }
    }
}
