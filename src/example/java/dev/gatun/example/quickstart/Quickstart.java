package dev.gatun.example.quickstart;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.Comparison;
import dev.gatun.layout.DType;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Losses;
import dev.gatun.nn.RecurrentOutput;
import dev.gatun.optim.Adam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the README shows, as a program.
final class Quickstart {
    private Quickstart() {}

    static void main() throws IOException {
        Generator.global().seed(42);
        Device device = Device.best();
        tensors(device);
        layer(device);
        Path file = Files.createTempDirectory("quickstart").resolve("classifier.safetensors");
        train(device, file);
        use(device, file);
    }

    /// Tensors live outside the heap, in the innermost scope.
    private static void tensors(Device device) {
        try (var _ = Scope.open()) {
            Tensor a = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor b = a.transpose(0, 1).matmul(a).add(1);
            IO.println(b);
            IO.println(b.mean(0));
        }
    }

    /// A recurrent layer reads whole sequences in one call; the state it ends in can be carried on.
    private static void layer(Device device) {
        try (var lstm = new LSTM(LSTM.config(128, 256).layers(2).bidirectional(), device);
                var _ = Scope.open()) {
            Tensor x = Tensor.randn(device, 32, 50, 128);
            RecurrentOutput out = lstm.forward(x);
            IO.println(out.sequence().shape() + " " + out.state().hidden().shape());
            IO.println(lstm.summary());
        }
    }

    /// Learns whether the numbers of a sequence sum to more than 0.
    private static void train(Device device, Path file) {
        try (var model = new Classifier(device);
                var optimizer = new Adam(Adam.config(0.01), model.parameters())) {
            for (int step = 1; step <= 200; step++) {
                try (var tape = Tape.record()) {
                    Tensor x = Tensor.randn(device, 64, 10, 1);
                    Tensor loss = Losses.crossEntropy(model.forward(x), labels(x));
                    Gradients gradients = tape.gradients(loss, model.parameters());
                    gradients.clipNorm(1);
                    optimizer.step(gradients);
                    if (step % 50 == 0) {
                        IO.println("step " + step + ", loss " + loss.item());
                    }
                }
            }
            model.save(file);
        }
    }

    /// 1 where the numbers of a sequence sum to more than 0, else 0.
    private static Tensor labels(Tensor x) {
        return x.sum(1, 2).compare(Comparison.GREATER, 0).to(DType.I64);
    }

    /// Loads the model, as PyTorch could too, and counts how often it is right.
    private static void use(Device device, Path file) {
        try (var model = new Classifier(device);
                var _ = Scope.open()) {
            model.load(file);
            Tensor x = Tensor.randn(device, 1000, 10, 1);
            long[] judged = model.forward(x).argMax().toLongs();
            long[] right = labels(x).toLongs();
            int hits = 0;
            for (int i = 0; i < right.length; i++) {
                hits += judged[i] == right[i] ? 1 : 0;
            }
            IO.println("right: " + hits + " of " + right.length);
        }
    }
}
