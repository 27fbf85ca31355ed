package dev.gatun.cuda;

import dev.gatun.backend.NormalizationOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Layer normalisation by own kernels, in F32 and F64. */
final class CudaNormalization implements NormalizationOps {
    private static final String FAMILY = "normalization";

    /** Threads of a block of {@code layerNormParameters}: columns by rows. */
    private static final int COLUMNS = 32;

    private static final int ROW_LANES = 8;
    private static final int FEWEST_ROWS_OF_CHUNK = 64;
    private static final int MOST_CHUNKS = 128;

    private final CudaRuntime runtime;

    CudaNormalization(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void layerNorm(
            View x, @Nullable View weight, @Nullable View bias, double epsilon, View y, View mean, View rstd) {
        DType dtype = check("layerNorm", x, y, mean, rstd);
        checkParameter("layerNorm", x, weight);
        checkParameter("layerNorm", x, bias);
        if (x.size(0) == 0) {
            return;
        }
        try (var _ = runtime.calls()) {
            call(dtype, "layerNorm")
                    .int64(x.size(0))
                    .int64(x.size(1))
                    .pointer(x)
                    .pointer(weight)
                    .pointer(bias)
                    .scalar(epsilon)
                    .pointer(y)
                    .pointer(mean)
                    .pointer(rstd)
                    .overRows(x.size(0), x.size(1));
        }
    }

    @Override
    public void layerNormBackward(
            View x,
            @Nullable View weight,
            View mean,
            View rstd,
            View dy,
            @Nullable View dx,
            @Nullable View dweight,
            @Nullable View dbias) {
        check("layerNormBackward", x, dy, mean, rstd);
        checkParameter("layerNormBackward", x, weight);
        checkParameter("layerNormBackward", x, dweight);
        checkParameter("layerNormBackward", x, dbias);
        if (dx != null) {
            check("layerNormBackward", x, dx, mean, rstd);
            inputGradient(x, weight, mean, rstd, dy, dx);
        }
        if (dweight != null || dbias != null) {
            parameterGradients(x, mean, rstd, dy, dweight, dbias);
        }
    }

    private void inputGradient(View x, @Nullable View weight, View mean, View rstd, View dy, View dx) {
        if (x.elements() == 0) {
            return;
        }
        try (var _ = runtime.calls()) {
            call(x.dtype(), "layerNormBackward")
                    .int64(x.size(0))
                    .int64(x.size(1))
                    .pointer(x)
                    .pointer(weight)
                    .pointer(mean)
                    .pointer(rstd)
                    .pointer(dy)
                    .pointer(dx)
                    .overRows(x.size(0), x.size(1));
        }
    }

    /** Sums over chunks of rows that the shape alone decides, then over the chunks in order. */
    private void parameterGradients(
            View x, View mean, View rstd, View dy, @Nullable View dweight, @Nullable View dbias) {
        long rows = x.size(0);
        long features = x.size(1);
        if (features == 0) {
            return;
        }
        long chunk = Math.max(FEWEST_ROWS_OF_CHUNK, Math.ceilDiv(rows, MOST_CHUNKS));
        int chunks = (int) Math.max(1, Math.ceilDiv(rows, chunk));
        CudaStorage scratch =
                runtime.memory().allocate(4L * chunks * features * x.dtype().byteSize());
        try (var _ = runtime.calls()) {
            MemorySegment partials = runtime.memory().pointer(scratch, 0);
            call(x.dtype(), "layerNormParameters")
                    .int64(rows)
                    .int64(features)
                    .int64(chunk)
                    .pointer(x)
                    .pointer(mean)
                    .pointer(rstd)
                    .pointer(dy)
                    .pointer(partials)
                    .launch(Math.ceilDiv(features, COLUMNS), chunks, COLUMNS, ROW_LANES);
            call(x.dtype(), "layerNormParametersFinish")
                    .int64(features)
                    .int32(chunks)
                    .pointer(partials)
                    .pointer(dweight)
                    .pointer(dbias)
                    .overThreads(features);
        } finally {
            scratch.release();
        }
    }

    private static DType check(String operation, View x, View y, View mean, View rstd) {
        Operands.contiguous(operation, x, y, mean, rstd);
        DType dtype = Operands.computable(operation, x, y, mean, rstd);
        boolean fits = x.rank() == 2 && y.shape().equals(x.shape());
        Shape perRow = Shape.of(fits ? x.size(0) : 0);
        if (!fits || !mean.shape().equals(perRow) || !rstd.shape().equals(perRow)) {
            throw new ShapeException(
                    operation,
                    "expected rows [rows, features], as many of the results and a mean and rstd for each, was given "
                            + x.shape() + ", " + y.shape() + ", " + mean.shape() + " and " + rstd.shape());
        }
        return dtype;
    }

    private static void checkParameter(String operation, View x, @Nullable View parameter) {
        if (parameter == null) {
            return;
        }
        Shape shape = Shape.of(x.size(1));
        if (parameter.dtype() != x.dtype() || !parameter.shape().equals(shape)) {
            throw new ShapeException(
                    operation,
                    "expected a parameter " + x.dtype() + " " + shape + ", was given " + parameter.dtype() + " "
                            + parameter.shape());
        }
        Operands.contiguous(operation, parameter);
    }

    private KernelCall call(DType dtype, String kernel) {
        return runtime.kernels().call(FAMILY, dtype, kernel);
    }
}
