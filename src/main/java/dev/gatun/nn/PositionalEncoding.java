package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import dev.gatun.nn.init.Initializer;

/**
 * y = x + P: adds a vector for each step's place, so that attention can tell places apart. Shapes: x and y [batch, steps, size], P [steps,
 * size]. Sinusoidal (Vaswani et al. 2017, section 3.5): P(t, 2i) = sin(t / 10000^(2i / size)), P(t, 2i + 1) = cos of the same, without
 * parameters. Learned (Gehring et al. 2017): P is the start of parameter {@code weight} [maxSteps, size], at first normal with deviation
 * 0.02.
 */
public final class PositionalEncoding extends Layer {
    /** Where P comes from. */
    public enum Kind {
        /** Sines and cosines. */
        SINUSOIDAL,
        /** A parameter. */
        LEARNED
    }

    /**
     * How a positional encoding is built; {@link #sinusoidal} and {@link #learned} start one.
     *
     * @param kind where P comes from
     * @param size size of a step
     * @param maxSteps the largest number of steps
     */
    public record Config(Kind kind, int size, int maxSteps) {
        /** Checks the sizes. */
        public Config {
            Sizes.positive("positional_encoding", "size", size);
            Sizes.positive("positional_encoding", "maxSteps", maxSteps);
        }
    }

    /** Sines and cosines for at most so many steps. */
    public static Config sinusoidal(int size, int maxSteps) {
        return new Config(Kind.SINUSOIDAL, size, maxSteps);
    }

    /** A parameter for at most so many steps. */
    public static Config learned(int size, int maxSteps) {
        return new Config(Kind.LEARNED, size, maxSteps);
    }

    private static final double DEVIATION = 0.02;

    private final Config config;
    private final Parameter table;

    /** An encoding whose parameter, if it has one, is initialised from the global generator. */
    public PositionalEncoding(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** An encoding whose parameter, if it has one, is initialised from a generator. */
    public PositionalEncoding(Config config, Device device, Generator generator) {
        this.config = config;
        Shape shape = Shape.of(config.maxSteps(), config.size());
        table = switch (config.kind()) {
            case SINUSOIDAL -> registerConstant(sinusoids(shape, device));
            case LEARNED -> register("weight", Initializer.normal(0, DEVIATION).parameter(device, shape, generator));
        };
    }

    private static Parameter sinusoids(Shape shape, Device device) {
        int size = shape.size(1);
        float[] elements = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < elements.length; i++) {
            int place = i / size;
            int column = i % size;
            double angle = place * Math.pow(10000, -(column - column % 2) / (double) size);
            elements[i] = (float) (column % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
        }
        try (Scope _ = Scope.open()) {
            return Parameter.of(Tensor.of(device, elements, shape.toArray()));
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        if (x.rank() != 3 || x.size(2) != config.size() || x.size(1) > config.maxSteps()) {
            throw new ShapeException(
                    "positional_encoding",
                    "expected [batch, at most " + config.maxSteps() + " steps, " + config.size() + "], was given "
                            + x.shape());
        }
        return x.add(table.slice(0, 0, x.size(1)));
    }
}
