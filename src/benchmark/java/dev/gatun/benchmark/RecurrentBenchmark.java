package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;
import dev.gatun.nn.RecurrentConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/** Recurrent modules, a whole forward pass or a training step without optimiser. {@code -jvmArgsAppend -Dgatun.threads=1} sets the threads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 2,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class RecurrentBenchmark {
    /** Which module. */
    @Param({"RNN", "LSTM", "GRU"})
    public String module;

    /**
     * Steps, batch, inputs and hidden size. A: 50, 64, 128, 128. B: 100, 32, 256, 512, two layers. C: 128, 1, 128, 256. D: 64, 64, 300,
     * 256, two layers, bidirectional. E: 1, 1, 16, 16, the cost of a call.
     */
    @Param({"A", "B", "C", "D", "E"})
    public String size;

    private dev.gatun.Scope scope;
    private Recurrent recurrent;
    private List<Parameter> parameters;
    private Tensor x;

    /** Makes module and input. */
    @Setup
    public void make() {
        int[] sizes = switch (size) {
            case "A" -> new int[] {50, 64, 128, 128};
            case "B" -> new int[] {100, 32, 256, 512};
            case "C" -> new int[] {128, 1, 128, 256};
            case "D" -> new int[] {64, 64, 300, 256};
            case "E" -> new int[] {1, 1, 16, 16};
            default -> throw new IllegalArgumentException(size);
        };
        Device device = Device.cpu();
        Generator generator = Generator.seeded(1);
        recurrent = switch (module) {
            case "RNN" -> new RNN(sized(RNN.config(sizes[2], sizes[3])), device, generator);
            case "LSTM" -> new LSTM(sized(LSTM.config(sizes[2], sizes[3])), device, generator);
            case "GRU" -> new GRU(sized(GRU.config(sizes[2], sizes[3])), device, generator);
            default -> throw new IllegalArgumentException(module);
        };
        parameters = recurrent.parameters();
        scope = dev.gatun.Scope.open();
        x = Tensor.normal(device, generator, DType.F32, Shape.of(sizes[1], sizes[0], sizes[2]), 0, 1);
    }

    private <C extends RecurrentConfig<C>> C sized(C config) {
        return switch (size) {
            case "B" -> config.layers(2);
            case "D" -> config.layers(2).bidirectional();
            default -> config;
        };
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        scope.close();
        recurrent.close();
    }

    /** The outputs of all steps. */
    @Benchmark
    public void inference() {
        try (var _ = dev.gatun.Scope.open()) {
            recurrent.forward(x);
        }
    }

    /** The outputs of all steps, and the gradients of all parameters and of the input. */
    @Benchmark
    public Gradients training() {
        try (Tape tape = Tape.record()) {
            tape.watch(x);
            List<Tensor> asked = new ArrayList<>(parameters);
            asked.add(x);
            return tape.gradients(recurrent.forward(x).sequence().sum(), asked);
        }
    }
}
