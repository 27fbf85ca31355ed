package dev.gatun.cuda;

import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;

/** Random numbers by own kernels, in F32 and F64: the same as every backend draws. */
final class CudaRandom implements RandomOps {
    private static final String FAMILY = "random";

    /** Numbers that a thread makes: a block of Philox. */
    private static final int BLOCK = 4;

    private final CudaRuntime runtime;

    CudaRandom(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void uniform(RandomStream stream, double low, double high, View y) {
        DType dtype = check("uniform", y);
        if (y.elements() > 0) {
            try (var _ = runtime.calls()) {
                begin(dtype, "uniform", stream, y)
                        .float64(low)
                        .float64(high)
                        .float64(Math.max(below(high, dtype), low))
                        .pointer(y)
                        .overThreads(Math.ceilDiv(y.elements(), BLOCK));
            }
        }
    }

    /** The largest number of a type under a bound. */
    private static double below(double bound, DType dtype) {
        float rounded = (float) bound;
        double single = rounded < bound ? rounded : Math.nextDown(rounded);
        return dtype == DType.F32 ? single : Math.nextDown(bound);
    }

    @Override
    public void normal(RandomStream stream, double mean, double deviation, View y) {
        DType dtype = check("normal", y);
        if (y.elements() > 0) {
            try (var _ = runtime.calls()) {
                begin(dtype, "normal", stream, y)
                        .float64(mean)
                        .float64(deviation)
                        .pointer(y)
                        .overThreads(Math.ceilDiv(y.elements(), BLOCK));
            }
        }
    }

    private KernelCall begin(DType dtype, String kernel, RandomStream stream, View y) {
        return runtime.kernels()
                .call(FAMILY, dtype, kernel)
                .int64(stream.seed())
                .int64(stream.offset())
                .int64(y.elements());
    }

    @Override
    public void dropout(RandomStream stream, double p, View x, View y) {
        DType dtype = check("dropout", x, y);
        Operands.sameShape("dropout", y, x);
        if (y.elements() > 0) {
            try (var _ = runtime.calls()) {
                KernelCall call = runtime.kernels().call(FAMILY, dtype, "dropout");
                Dropping.write(call, dtype, stream, p);
                call.int64(y.elements()).pointer(x).pointer(y).overThreads(Math.ceilDiv(y.elements(), BLOCK));
            }
        }
    }

    private static DType check(String operation, View... views) {
        Operands.contiguous(operation, views);
        return Operands.computable(operation, views);
    }
}
