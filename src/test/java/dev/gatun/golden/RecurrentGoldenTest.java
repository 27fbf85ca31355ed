package dev.gatun.golden;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Tensor;
import dev.gatun.backend.BiasMode;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;
import dev.gatun.nn.RecurrentConfig;
import dev.gatun.nn.RecurrentOutput;
import dev.gatun.nn.RecurrentState;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// RNN, LSTM and GRU against PyTorch's: outputs, final states and all gradients.
@ExtendWith(MemoryLeakExtension.class)
class RecurrentGoldenTest {
    static List<String> cases() {
        return GoldenCase.family("recurrent");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithPyTorch(String path) {
        verify(path, Device.cpu());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scalarKernelsAgreeWithPyTorch(String path) {
        GoldenRun.onScalarKernels(device -> verify(path, device));
    }

    @ParameterizedTest
    @MethodSource("cases")
    @CudaTest
    void cudaAgreesWithPyTorch(String path) {
        GoldenRun.onCuda(device -> verify(path, device));
    }

    private static void verify(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path);
                Recurrent module = module(golden, device)) {
            GoldenRun.verify(golden, device, module, inputs -> outputs(run(module, inputs)));
        }
    }

    private static Recurrent module(GoldenCase golden, Device device) {
        int input = golden.integer("input_size");
        int hidden = golden.integer("hidden_size");
        Generator generator = Generator.seeded(1);
        return switch (golden.module()) {
            case "LSTM" -> {
                LSTM.Config config = options(golden, LSTM.config(input, hidden));
                yield new LSTM(
                        config.projection(golden.has("proj_size") ? golden.integer("proj_size") : 0),
                        device,
                        generator);
            }
            case "GRU" -> {
                GRU.Config config = options(golden, GRU.config(input, hidden));
                yield new GRU(golden.flag("reset_after") ? config : config.resetBefore(), device, generator);
            }
            case "RNN" -> {
                RNN.Nonlinearity nonlinearity = switch (golden.text("nonlinearity")) {
                    case "tanh" -> RNN.Nonlinearity.TANH;
                    case "relu" -> RNN.Nonlinearity.RELU;
                    default -> throw new AssertionError(golden.text("nonlinearity"));
                };
                RNN.Config config = options(golden, RNN.config(input, hidden));
                yield new RNN(config.nonlinearity(nonlinearity), device, generator);
            }
            default -> throw new AssertionError(golden.module());
        };
    }

    private static <C extends RecurrentConfig<C>> C options(GoldenCase golden, C plain) {
        C config = plain.layers(golden.integer("num_layers")).dropout(golden.number("dropout"));
        if (golden.flag("bidirectional")) {
            config = config.bidirectional();
        }
        return golden.flag("bias") ? config : config.bias(BiasMode.NONE);
    }

    private static RecurrentOutput run(Recurrent module, Map<String, Tensor> inputs) {
        Tensor x = inputs.get("x");
        Tensor h0 = inputs.get("h0");
        Tensor lengths = inputs.get("lengths");
        if (h0 == null) {
            return lengths == null ? module.forward(x) : module.forward(x, ints(lengths));
        }
        RecurrentState state = new RecurrentState(h0, inputs.get("c0"));
        return lengths == null ? module.forward(x, state) : module.forward(x, state, ints(lengths));
    }

    private static int[] ints(Tensor lengths) {
        return Arrays.stream(lengths.toLongs()).mapToInt(Math::toIntExact).toArray();
    }

    private static Map<String, Tensor> outputs(RecurrentOutput output) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("y", output.sequence());
        outputs.put("hn", output.state().hidden());
        if (output.state().cell() != null) {
            outputs.put("cn", output.state().cell());
        }
        return outputs;
    }
}
