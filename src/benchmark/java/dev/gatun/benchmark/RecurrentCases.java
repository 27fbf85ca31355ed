package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;
import dev.gatun.nn.RecurrentConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Recurrent stacks: A and B are batches, B of two layers, C is one long sequence, D has two layers in both directions. */
final class RecurrentCases {
    private record Sizes(int steps, int batch, int inputs, int hidden, int layers, boolean bidirectional) {
        Sizes small() {
            return new Sizes(3, Math.min(batch, 2), Math.min(inputs, 12), Math.min(hidden, 8), layers, bidirectional);
        }

        long operations(int gates) {
            int directions = bidirectional ? 2 : 1;
            long inputs = this.inputs + (layers - 1L) * directions * hidden;
            return 2L * steps * batch * gates * hidden * directions * (inputs + (long) layers * hidden);
        }
    }

    private RecurrentCases() {}

    static List<StepCase> all(boolean small) {
        Map<String, Sizes> sizes = new LinkedHashMap<>();
        sizes.put("A", new Sizes(50, 64, 128, 128, 1, false));
        sizes.put("B", new Sizes(100, 32, 256, 512, 2, false));
        sizes.put("C", new Sizes(128, 1, 128, 256, 1, false));
        sizes.put("D", new Sizes(64, 64, 300, 256, 2, true));
        List<StepCase> cases = new ArrayList<>();
        for (String cell : List.of("rnn", "lstm", "gru")) {
            sizes.forEach((name, each) -> cases.add(recurrent(cell, cell + "-" + name, small ? each.small() : each)));
        }
        return cases;
    }

    /** One step of one sequence of an LSTM: what a call costs. */
    static StepCase singleStep() {
        StepCase step = recurrent("lstm", "lstm-16-one-step", new Sizes(1, 1, 16, 16, 1, false));
        return new StepCase(step.name(), List.of(Pass.INFERENCE), 0, step.maker());
    }

    private static StepCase recurrent(String cell, String name, Sizes sizes) {
        long operations = sizes.operations(
                switch (cell) {
                    case "rnn" -> 1;
                    case "lstm" -> 4;
                    default -> 3;
                });
        return new StepCase(name, StepCase.BOTH, operations, device -> step(device, cell, sizes));
    }

    private static Step step(Device device, String cell, Sizes sizes) {
        Generator generator = Generator.seeded(1);
        Recurrent module = switch (cell) {
            case "rnn" -> new RNN(config(RNN.config(sizes.inputs, sizes.hidden), sizes), device, generator);
            case "lstm" -> new LSTM(config(LSTM.config(sizes.inputs, sizes.hidden), sizes), device, generator);
            default -> new GRU(config(GRU.config(sizes.inputs, sizes.hidden), sizes), device, generator);
        };
        Scope scope = Scope.open();
        var inputs = new LinkedHashMap<String, Tensor>();
        Tensor x = StepCase.input(device, 3, sizes.batch, sizes.steps, sizes.inputs);
        inputs.put("x", x);
        return new ModuleStep(module, inputs, () -> module.forward(x).sequence(), scope);
    }

    private static <C extends RecurrentConfig<C>> C config(C config, Sizes sizes) {
        C stacked = config.layers(sizes.layers);
        return sizes.bidirectional ? stacked.bidirectional() : stacked;
    }
}
