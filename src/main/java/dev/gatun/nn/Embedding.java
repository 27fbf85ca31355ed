package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import dev.gatun.TensorShaping;
import dev.gatun.layout.Shape;
import dev.gatun.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;

/**
 * A learned vector for each index: x [...] of I32 or I64, y [..., embeddingSize]. Parameter {@code weight} [vocabularySize,
 * embeddingSize] starts normal with mean 0 and deviation 1. The vector of the padding index starts at 0 and gets no gradient.
 * Mirrors {@code torch.nn.Embedding}.
 */
public final class Embedding extends Layer {
    /**
     * How an embedding is built; {@link Embedding#config} starts one.
     *
     * @param vocabularySize how many indices there are, from 0 on
     * @param embeddingSize size of a vector
     * @param paddingIndex the index of padding, or −1 for none
     */
    public record Config(int vocabularySize, int embeddingSize, int paddingIndex) {
        /** Checks the sizes and the index. */
        public Config {
            Sizes.positive("embedding", "vocabularySize", vocabularySize);
            Sizes.positive("embedding", "embeddingSize", embeddingSize);
            if (paddingIndex < -1 || paddingIndex >= vocabularySize) {
                throw new IllegalArgumentException("embedding: paddingIndex must be from 0 to " + (vocabularySize - 1)
                        + ", or −1 for none, was given " + paddingIndex);
            }
        }

        /** With an index of padding. */
        public Config paddingIndex(int index) {
            return new Config(vocabularySize, embeddingSize, index);
        }
    }

    /** A configuration without padding. */
    public static Config config(int vocabularySize, int embeddingSize) {
        return new Config(vocabularySize, embeddingSize, -1);
    }

    private final Parameter weight;
    private final int paddingIndex;

    /** An embedding without padding, initialised from the global generator. */
    public Embedding(int vocabularySize, int embeddingSize, Device device) {
        this(config(vocabularySize, embeddingSize), device);
    }

    /** An embedding initialised from the global generator. */
    public Embedding(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** An embedding initialised from a generator. */
    public Embedding(Config config, Device device, Generator generator) {
        paddingIndex = config.paddingIndex();
        Shape shape = Shape.of(config.vocabularySize(), config.embeddingSize());
        weight = register("weight", start().parameter(device, shape, generator));
    }

    private Initializer start() {
        Initializer normal = Initializer.normal(0, 1);
        if (paddingIndex < 0) {
            return normal;
        }
        return (device, shape, generator) -> {
            Tensor drawn = normal.values(device, shape, generator);
            List<Tensor> rows = new ArrayList<>();
            rows.add(drawn.slice(0, 0, paddingIndex));
            rows.add(Tensor.zeros(device, 1, shape.size(1)));
            rows.add(drawn.slice(0, paddingIndex + 1, shape.size(0)));
            return TensorShaping.concat(0, rows);
        };
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.embedding(weight, x, paddingIndex);
    }

    /** The learned vectors, [vocabularySize, embeddingSize]; for an output layer that shares them. */
    public Parameter weight() {
        return weight;
    }
}
