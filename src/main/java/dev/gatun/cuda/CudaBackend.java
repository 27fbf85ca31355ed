package dev.gatun.cuda;

import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.Backend;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.Explanation;
import dev.gatun.backend.IndexOps;
import dev.gatun.backend.LossOps;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.NormalizationOps;
import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.Precision;
import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.ReductionOps;
import java.util.List;
import java.util.stream.Stream;

/** An NVIDIA GPU as a backend: one object per family of operations over one {@link CudaRuntime}. */
final class CudaBackend implements Backend, AutoCloseable {
    private final CudaRuntime runtime;
    private final CudaDevices.Properties properties;
    private final ElementwiseOps elementwise;
    private final ReductionOps reduction;
    private final CudaMatrix matrix;
    private final IndexOps index;
    private final NormalizationOps normalization;
    private final LossOps loss;
    private final RandomOps random;
    private final RnnTuner tuner;
    private final CudaRecurrent recurrent;
    private final CudaAttention attention;
    private final OptimizerOps optimizer;

    /** Opens a device of so many. */
    CudaBackend(int device, int devices) {
        this(device, devices, CudaOptions.fromProperties());
    }

    CudaBackend(int device, int devices, CudaOptions options) {
        this.properties = CudaDevices.properties(device);
        this.runtime = new CudaRuntime(device, devices);
        this.elementwise = new CudaElementwise(runtime);
        this.reduction = new CudaReduction(runtime);
        this.matrix = new CudaMatrix(runtime, elementwise);
        this.index = new CudaIndex(runtime);
        this.normalization = new CudaNormalization(runtime);
        this.loss = new CudaLoss(runtime);
        this.random = new CudaRandom(runtime);
        this.tuner = new RnnTuner(options.autotune());
        this.recurrent = new CudaRecurrent(runtime, this, tuner);
        this.attention = new CudaAttention(runtime, matrix, options.multiHead());
        this.optimizer = new CudaOptimizer(runtime);
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String description() {
        StringBuilder text = new StringBuilder(runtime.name() + ", " + properties.name() + ", compute capability "
                + properties.major() + "." + properties.minor());
        for (CudaLibraries.Status status : CudaLibraries.get().statuses()) {
            text.append(", ").append(status.library().title()).append(' ').append(status.version());
        }
        return text.toString();
    }

    @Override
    public Precision precision() {
        return runtime.precision();
    }

    @Override
    public void allow(Precision precision) {
        runtime.allow(precision);
    }

    @Override
    public List<Explanation> explanations() {
        return Stream.of(matrix.explanations(), tuner.explanations(), attention.explanations())
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public MemoryOps memory() {
        return runtime.memory();
    }

    @Override
    public ElementwiseOps elementwise() {
        return elementwise;
    }

    @Override
    public ReductionOps reduction() {
        return reduction;
    }

    @Override
    public MatrixOps matrix() {
        return matrix;
    }

    @Override
    public IndexOps index() {
        return index;
    }

    @Override
    public NormalizationOps normalization() {
        return normalization;
    }

    @Override
    public LossOps loss() {
        return loss;
    }

    @Override
    public RandomOps random() {
        return random;
    }

    @Override
    public RecurrentOps recurrent() {
        return recurrent;
    }

    @Override
    public AttentionOps attention() {
        return attention;
    }

    @Override
    public OptimizerOps optimizer() {
        return optimizer;
    }

    /**
     * Waits for the device and closes it: every plan, handle and byte, whatever fails. Storages of it are of no use afterwards. Closing
     * twice is harmless.
     */
    @Override
    public void close() {
        if (!runtime.isClosed()) {
            try (runtime;
                    matrix;
                    attention;
                    recurrent) {
                runtime.synchronize();
            }
        }
    }
}
