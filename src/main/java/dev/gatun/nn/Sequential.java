package dev.gatun.nn;

import dev.gatun.Tensor;
import java.util.List;

/** Layers one after the other, named {@code 0}, {@code 1}, …; without any, x itself. Mirrors {@code torch.nn.Sequential}. */
public final class Sequential extends Layer {
    private final List<Layer> layers;

    /** The layers in the order in which they run. */
    public Sequential(Layer... layers) {
        this.layers = List.of(layers);
        for (int i = 0; i < layers.length; i++) {
            register(Integer.toString(i), layers[i]);
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        Tensor y = x;
        for (Layer layer : layers) {
            y = layer.forward(y);
        }
        return y;
    }
}
