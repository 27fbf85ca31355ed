package dev.gatun.cpu;

import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.Backend;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.Finding;
import dev.gatun.backend.IndexOps;
import dev.gatun.backend.LossOps;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.NormalizationOps;
import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.ReductionOps;
import java.util.List;

/** The CPU as a backend: one object per family of operations over one {@link CpuRuntime}. */
public final class CpuBackend implements Backend {
    private final KernelChoice choice;
    private final CpuRuntime runtime;
    private final ElementwiseOps elementwise;
    private final ReductionOps reduction;
    private final MatrixOps matrix;
    private final NormalizationOps normalization;
    private final LossOps loss;
    private final AttentionOps attention;
    private final RandomOps random;
    private final IndexOps index;
    private final OptimizerOps optimizer;
    private final CpuRecurrent recurrent;

    private CpuBackend(KernelChoice choice, int threads) {
        this.choice = choice;
        this.runtime = new CpuRuntime(choice.f32(), choice.f64(), new WorkerPool(threads), new CpuMemory());
        this.elementwise = new CpuElementwise(runtime);
        this.reduction = new CpuReduction(runtime);
        this.matrix = new CpuMatrix(runtime);
        this.normalization = new CpuNormalization(runtime);
        this.loss = new CpuLoss(runtime);
        this.attention = new CpuAttention(runtime);
        this.random = new CpuRandom(runtime);
        this.index = new CpuIndex(runtime);
        this.optimizer = new CpuOptimizer(runtime);
        this.recurrent = new CpuRecurrent(runtime, this);
    }

    /** A backend of its own memory and threads, with the given kernels. */
    public static CpuBackend create(KernelChoice choice, int threads) {
        return new CpuBackend(choice, threads);
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return "CPU, " + runtime.pool().threads() + " threads, " + choice.f32().name() + " kernels because "
                + choice.reason();
    }

    /** The description's facts one by one. */
    List<Finding> findings() {
        return List.of(
                Finding.fine("threads", Integer.toString(runtime.pool().threads())),
                Finding.fine("kernels", choice.f32().name() + ", because " + choice.reason()));
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
}
