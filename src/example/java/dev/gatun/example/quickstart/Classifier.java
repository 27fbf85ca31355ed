package dev.gatun.example.quickstart;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Module;

/// A model of one's own: an LSTM reads a sequence, a linear layer judges the state after its last step.
/// Shapes: x [batch, steps, 1], result [batch, 2].
final class Classifier extends Module {
    private final LSTM lstm;
    private final Linear head;

    Classifier(Device device) {
        lstm = register("lstm", new LSTM(LSTM.config(1, 32), device));
        head = register("head", new Linear(32, 2, device));
    }

    Tensor forward(Tensor x) {
        return head.forward(lstm.forward(x).last());
    }
}
