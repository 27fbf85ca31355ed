package dev.gatun.benchmark;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.Module;
import dev.gatun.nn.MultiHeadAttention;
import dev.gatun.nn.Sequential;
import dev.gatun.nn.TransformerEncoderLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Attention and encoder layers, a forward pass or a training step without optimiser. {@code -jvmArgsAppend -Dgatun.threads=1} sets the threads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class AttentionBenchmark {
    /** What runs. */
    public enum Subject {
        /** Multi-head attention: batch 32, 128 steps, size 512, 8 heads. */
        MULTI_HEAD,
        /** Its core alone: 8 heads of 64. */
        DOT_PRODUCT,
        /** The core, causal. */
        CAUSAL_DOT_PRODUCT,
        /** Encoder layer 512 / 2048, 8 heads: batch 8, 128 steps. */
        LAYER_512_BATCH_8,
        /** Encoder layer 256 / 1024, 8 heads: batch 32, 64 steps. */
        LAYER_256_BATCH_32,
        /** Encoder layer 512 / 2048, 8 heads: batch 1, 128 steps. */
        LAYER_512_BATCH_1,
        /** Encoder layer 256 / 1024, 8 heads: batch 1, 128 steps. */
        LAYER_256_BATCH_1
    }

    /** What runs. */
    @Param
    public Subject subject;

    private dev.gatun.Scope scope;
    private Module module;
    private Supplier<Tensor> forward;
    private List<Tensor> inputs;
    private List<Tensor> asked;

    /** Makes module and inputs. */
    @Setup
    public void make() {
        scope = dev.gatun.Scope.open();
        inputs = new ArrayList<>();
        switch (subject) {
            case MULTI_HEAD -> {
                var attention = new MultiHeadAttention(MultiHeadAttention.config(512, 8), Device.cpu());
                Tensor x = input(32, 128, 512);
                use(attention, () -> attention.forward(x));
            }
            case DOT_PRODUCT -> dotProduct(AttentionMask.NONE);
            case CAUSAL_DOT_PRODUCT -> dotProduct(AttentionMask.CAUSAL);
            case LAYER_512_BATCH_8 -> layer(512, 8, 128);
            case LAYER_256_BATCH_32 -> layer(256, 32, 64);
            case LAYER_512_BATCH_1 -> layer(512, 1, 128);
            case LAYER_256_BATCH_1 -> layer(256, 1, 128);
        }
        asked = new ArrayList<>(module.parameters());
        asked.addAll(inputs);
    }

    private void dotProduct(AttentionMask mask) {
        Tensor q = input(32, 8, 128, 64);
        Tensor k = input(32, 8, 128, 64);
        Tensor v = input(32, 8, 128, 64);
        use(new Sequential(), () -> Functional.attention(q, k, v, mask, 0.125, 0));
    }

    private void layer(int size, int batch, int steps) {
        TransformerEncoderLayer.Config config =
                TransformerEncoderLayer.config(size, 8).feedForward(4 * size).dropout(0);
        var layer = new TransformerEncoderLayer(config, Device.cpu());
        Tensor x = input(batch, steps, size);
        use(layer, () -> layer.forward(x));
    }

    private void use(Module made, Supplier<Tensor> run) {
        module = made;
        forward = run;
    }

    private Tensor input(int... sizes) {
        Tensor input = Tensor.normal(Device.cpu(), Generator.seeded(inputs.size()), DType.F32, Shape.of(sizes), 0, 1);
        inputs.add(input);
        return input;
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        scope.close();
        module.close();
    }

    /** The outputs. */
    @Benchmark
    public Tensor inference() {
        try (var _ = dev.gatun.Scope.open()) {
            return forward.get();
        }
    }

    /** The outputs, and the gradients of all parameters and of the inputs. */
    @Benchmark
    public Gradients training() {
        try (Tape tape = Tape.record()) {
            inputs.forEach(tape::watch);
            return tape.gradients(forward.get().sum(), asked);
        }
    }
}
