package dev.gatun.benchmark;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.MultiHeadAttention;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;
import dev.gatun.nn.RecurrentConfig;
import dev.gatun.nn.Sequential;
import dev.gatun.nn.TransformerEncoderLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A step that Gatun, its twin in C++ ({@code native/baseline}) and PyTorch ({@code scripts/gpu}) all take, by the same name.
 *
 * @param name such as {@code lstm-A}
 * @param maker makes it on a device
 */
record StepCase(String name, Function<Device, Step> maker) {
    /** All of them; small ones make the same calls on less data, for the host stand-in. */
    static List<StepCase> all(boolean small) {
        List<StepCase> cases = new ArrayList<>();
        for (String cell : List.of("rnn", "lstm", "gru")) {
            cases.add(recurrent(cell, "A", Sizes.of(small, 50, 64, 128, 128), 1, false));
            cases.add(recurrent(cell, "B", Sizes.of(small, 100, 32, 256, 512), 2, false));
            cases.add(recurrent(cell, "C", Sizes.of(small, 128, 1, 128, 256), 1, false));
            cases.add(recurrent(cell, "D", Sizes.of(small, 64, 64, 300, 256), 2, true));
        }
        cases.add(new StepCase("multi-head", device -> multiHead(device, Heads.of(small, 32, 128, 512))));
        cases.add(dotProduct("dot-product", AttentionMask.NONE, small));
        cases.add(dotProduct("causal-dot-product", AttentionMask.CAUSAL, small));
        cases.add(encoder("encoder-512-batch-8", Heads.of(small, 8, 128, 512)));
        cases.add(encoder("encoder-256-batch-32", Heads.of(small, 32, 64, 256)));
        cases.add(encoder("encoder-512-batch-1", Heads.of(small, 1, 128, 512)));
        cases.add(encoder("encoder-256-batch-1", Heads.of(small, 1, 128, 256)));
        return cases;
    }

    private record Sizes(int steps, int batch, int inputs, int hidden) {
        static Sizes of(boolean small, int steps, int batch, int inputs, int hidden) {
            return small
                    ? new Sizes(3, Math.min(batch, 2), Math.min(inputs, 12), Math.min(hidden, 8))
                    : new Sizes(steps, batch, inputs, hidden);
        }
    }

    private record Heads(int batch, int steps, int size, int heads) {
        static Heads of(boolean small, int batch, int steps, int size) {
            return small ? new Heads(Math.min(batch, 2), 3, 16, 2) : new Heads(batch, steps, size, 8);
        }
    }

    private static StepCase recurrent(String cell, String size, Sizes sizes, int layers, boolean bidirectional) {
        return new StepCase(cell + "-" + size, device -> {
            Recurrent module = switch (cell) {
                case "rnn" -> new RNN(config(RNN.config(sizes.inputs, sizes.hidden), layers, bidirectional), device);
                case "lstm" -> new LSTM(config(LSTM.config(sizes.inputs, sizes.hidden), layers, bidirectional), device);
                default -> new GRU(config(GRU.config(sizes.inputs, sizes.hidden), layers, bidirectional), device);
            };
            Scope scope = Scope.open();
            Tensor x = input(device, sizes.batch, sizes.steps, sizes.inputs);
            return new Step(module, List.of(x), () -> module.forward(x).sequence(), scope);
        });
    }

    private static <C extends RecurrentConfig<C>> C config(C config, int layers, boolean bidirectional) {
        C stacked = config.layers(layers);
        return bidirectional ? stacked.bidirectional() : stacked;
    }

    private static Step multiHead(Device device, Heads sizes) {
        var attention = new MultiHeadAttention(MultiHeadAttention.config(sizes.size, sizes.heads), device);
        Scope scope = Scope.open();
        Tensor x = input(device, sizes.batch, sizes.steps, sizes.size);
        return new Step(attention, List.of(x), () -> attention.forward(x), scope);
    }

    private static StepCase dotProduct(String name, AttentionMask mask, boolean small) {
        Heads sizes = Heads.of(small, 32, 128, 512);
        int each = sizes.size / sizes.heads;
        return new StepCase(name, device -> {
            Scope scope = Scope.open();
            Tensor q = input(device, sizes.batch, sizes.heads, sizes.steps, each);
            Tensor k = input(device, sizes.batch, sizes.heads, sizes.steps, each);
            Tensor v = input(device, sizes.batch, sizes.heads, sizes.steps, each);
            double scale = 1 / Math.sqrt((double) each);
            return new Step(
                    new Sequential(), List.of(q, k, v), () -> Functional.attention(q, k, v, mask, scale, 0), scope);
        });
    }

    private static StepCase encoder(String name, Heads sizes) {
        return new StepCase(name, device -> {
            TransformerEncoderLayer.Config config = TransformerEncoderLayer.config(sizes.size, sizes.heads)
                    .feedForward(4 * sizes.size)
                    .dropout(0);
            var layer = new TransformerEncoderLayer(config, device);
            Scope scope = Scope.open();
            Tensor x = input(device, sizes.batch, sizes.steps, sizes.size);
            return new Step(layer, List.of(x), () -> layer.forward(x), scope);
        });
    }

    private static Tensor input(Device device, int... sizes) {
        return Tensor.normal(device, Generator.seeded(sizes.length), DType.F32, Shape.of(sizes), 0, 1);
    }
}
