package dev.gatun.benchmark;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.MultiHeadAttention;
import dev.gatun.nn.Sequential;
import dev.gatun.nn.TransformerEncoderLayer;
import java.util.LinkedHashMap;
import java.util.List;

/** Multi-head attention, its core alone, and encoder layers whose inner size is four times the outer. */
final class AttentionCases {
    private record Sizes(int batch, int steps, int size, int heads) {
        static Sizes of(boolean small, int batch, int steps, int size) {
            return small ? new Sizes(Math.min(batch, 2), 3, 16, 2) : new Sizes(batch, steps, size, 8);
        }

        /** Of q kᵀ and of its weights with v. */
        long scores() {
            return 2L * batch * steps * 2 * steps * size;
        }

        /** Of products with square weights. */
        long projections(int count) {
            return 2L * batch * steps * size * size * count;
        }
    }

    private AttentionCases() {}

    static List<StepCase> all(boolean small) {
        Sizes attention = Sizes.of(small, 32, 128, 512);
        return List.of(
                multiHead(attention),
                dotProduct("dot-product", AttentionMask.NONE, attention, attention.scores()),
                dotProduct("causal-dot-product", AttentionMask.CAUSAL, attention, attention.scores() / 2),
                encoder("encoder-512-batch-8", Sizes.of(small, 8, 128, 512)),
                encoder("encoder-256-batch-32", Sizes.of(small, 32, 64, 256)),
                encoder("encoder-512-batch-1", Sizes.of(small, 1, 128, 512)),
                encoder("encoder-256-batch-1", Sizes.of(small, 1, 128, 256)));
    }

    private static StepCase multiHead(Sizes sizes) {
        long operations = sizes.projections(4) + sizes.scores();
        return new StepCase("multi-head", StepCase.BOTH, operations, device -> {
            var config = MultiHeadAttention.config(sizes.size, sizes.heads);
            var attention = new MultiHeadAttention(config, device, Generator.seeded(1));
            Scope scope = Scope.open();
            var inputs = new LinkedHashMap<String, Tensor>();
            Tensor x = StepCase.input(device, 3, sizes.batch, sizes.steps, sizes.size);
            inputs.put("x", x);
            return new ModuleStep(attention, inputs, () -> attention.forward(x), scope);
        });
    }

    private static StepCase dotProduct(String name, AttentionMask mask, Sizes sizes, long operations) {
        int each = sizes.size / sizes.heads;
        double scale = 1 / Math.sqrt((double) each);
        return new StepCase(name, StepCase.BOTH, operations, device -> {
            Scope scope = Scope.open();
            var inputs = new LinkedHashMap<String, Tensor>();
            Tensor q = heads(device, 3, sizes, each);
            Tensor k = heads(device, 4, sizes, each);
            Tensor v = heads(device, 5, sizes, each);
            inputs.put("q", q);
            inputs.put("k", k);
            inputs.put("v", v);
            return new ModuleStep(new Sequential(), inputs, () -> Functional.attention(q, k, v, mask, scale, 0), scope);
        });
    }

    private static Tensor heads(Device device, int seed, Sizes sizes, int each) {
        return StepCase.input(device, seed, sizes.batch, sizes.heads, sizes.steps, each);
    }

    private static StepCase encoder(String name, Sizes sizes) {
        long operations = sizes.projections(4 + 8) + sizes.scores();
        return new StepCase(name, StepCase.BOTH, operations, device -> {
            TransformerEncoderLayer.Config config = TransformerEncoderLayer.config(sizes.size, sizes.heads)
                    .feedForward(4 * sizes.size)
                    .dropout(0);
            var layer = new TransformerEncoderLayer(config, device, Generator.seeded(1));
            Scope scope = Scope.open();
            var inputs = new LinkedHashMap<String, Tensor>();
            Tensor x = StepCase.input(device, 3, sizes.batch, sizes.steps, sizes.size);
            inputs.put("x", x);
            return new ModuleStep(layer, inputs, () -> layer.forward(x), scope);
        });
    }
}
