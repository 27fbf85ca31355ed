package dev.gatun.cuda;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.nn.Module;
import dev.gatun.nn.TransformerEncoderLayer;
import dev.gatun.optim.Adam;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A small model on a CUDA device of its own, and what is done with it: the same numbers at every run. */
final class FaultRun implements AutoCloseable {
    private static final int BATCH = 3;
    private static final int STEPS = 4;
    private static final int SIZE = 8;
    private static final int CLASSES = 5;
    private static final int[] LENGTHS = {4, 0, 2};
    private static final int[] LABELS = {4, 0, 2};

    /** Which model. */
    enum Kind {
        LSTM,
        ENCODER,
        /** Its attention by cuDNN. */
        MULTI_HEAD_ENCODER
    }

    /** An LSTM or an encoder layer over sequences, and a linear layer that classifies its last step. */
    private static final class Classifier extends Module {
        private final Device device;
        private final Module sequences;
        private final Linear output;

        Classifier(Kind kind, Device device, Generator generator) {
            this.device = device;
            sequences = register("sequences", sequences(kind, device, generator));
            output = register("output", new Linear(Linear.config(SIZE, CLASSES), device, generator));
        }

        private static Module sequences(Kind kind, Device device, Generator generator) {
            return switch (kind) {
                case LSTM -> new LSTM(LSTM.config(SIZE, SIZE).layers(2).dropout(0.25), device, generator);
                case ENCODER, MULTI_HEAD_ENCODER ->
                    new TransformerEncoderLayer(
                            TransformerEncoderLayer.config(SIZE, 2).feedForward(2 * SIZE), device, generator);
            };
        }

        Tensor forward() {
            Tensor x = Tensor.normal(device, Generator.seeded(6), DType.F32, Shape.of(BATCH, STEPS, SIZE), 0, 1);
            if (sequences instanceof LSTM lstm) {
                return output.forward(lstm.forward(x, LENGTHS).last());
            }
            return output.forward(
                    ((TransformerEncoderLayer) sequences).forward(x).select(1, STEPS - 1));
        }
    }

    private final CudaBackend backend;
    private final Device device;
    private final Classifier model;
    private final Map<Parameter, float[]> start = new LinkedHashMap<>();

    FaultRun(Kind kind) {
        backend = new CudaBackend(0, 1, new CudaOptions(false, kind == Kind.MULTI_HEAD_ENCODER));
        device = Device.of(backend);
        model = new Classifier(kind, device, Generator.seeded(5));
        model.parameters().forEach(parameter -> start.put(parameter, parameter.toFloats()));
    }

    CudaBackend backend() {
        return backend;
    }

    Device device() {
        return device;
    }

    Module model() {
        return model;
    }

    /** Bytes that tensors hold. */
    long inUse() {
        return backend.memory().usage().inUse();
    }

    /** What the model says. */
    List<float[]> infer() {
        try (Scope _ = Scope.open()) {
            return List.of(model.forward().toFloats());
        }
    }

    /** The loss and what one step of a new optimiser makes of the first weights. */
    List<float[]> train() {
        try (Scope _ = Scope.open();
                Tape tape = Tape.record(Generator.seeded(7))) {
            start.forEach((parameter, values) ->
                    parameter.assign(Tensor.of(device, values, parameter.shape().toArray())));
            try (Adam adam = new Adam(Adam.config(0.01), model.parameters())) {
                return step(tape, adam);
            }
        }
    }

    /** One step of an optimiser. */
    List<float[]> step(Tape tape, Adam adam) {
        List<float[]> numbers = new ArrayList<>();
        Tensor loss = Losses.crossEntropy(model.forward(), Tensor.of(device, LABELS, BATCH));
        Gradients gradients = tape.gradients(loss, model.parameters());
        gradients.clipNorm(1);
        adam.step(gradients);
        numbers.add(loss.toFloats());
        model.parameters().forEach(parameter -> numbers.add(parameter.toFloats()));
        return numbers;
    }

    @Override
    public void close() {
        try (backend) {
            model.close();
        }
    }
}
