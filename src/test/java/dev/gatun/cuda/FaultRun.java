package dev.gatun.cuda;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.Precision;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.nn.Module;
import dev.gatun.nn.Recurrent;
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

    /** Which model, and by which way of the device it goes: one call of that way is told by name. */
    enum Kind {
        LSTM("cudnnRNNForward"),
        /** Its cell states clipped as well. */
        PROJECTED_LSTM("cudnnRNNForward"),
        /** Each of cuDNN's algorithms is measured first. */
        TUNED_LSTM("cudnnBuildRNNDynamic"),
        /** By cuBLAS and own kernels. */
        GRU_RESET_BEFORE("cublasGemmEx"),
        /** Its attention by cuBLAS and own kernels. */
        ENCODER("cublasGemmBatchedEx"),
        /** Its attention by cuDNN. */
        MULTI_HEAD_ENCODER("cudnnMultiHeadAttnForward"),
        /** Its attention by cuDNN's graph API. */
        GRAPH_ENCODER("cudnnBackendExecute");

        private final String witness;

        Kind(String witness) {
            this.witness = witness;
        }

        /** A native function that is called where the model goes its way. */
        String witness() {
            return witness;
        }
    }

    /** A recurrent or an encoder layer over sequences, and a linear layer that classifies its last step. */
    private static final class Classifier extends Module {
        private final Device device;
        private final Module sequences;
        private final Linear output;
        private final boolean ragged;

        Classifier(Kind kind, Device device, Generator generator) {
            this.device = device;
            sequences = register("sequences", sequences(kind, device, generator));
            int width = kind == Kind.GRU_RESET_BEFORE ? 2 * SIZE : SIZE;
            output = register("output", new Linear(Linear.config(width, CLASSES), device, generator));
            ragged = kind != Kind.TUNED_LSTM;
        }

        private static Module sequences(Kind kind, Device device, Generator generator) {
            return switch (kind) {
                case LSTM -> new LSTM(LSTM.config(SIZE, SIZE).layers(2).dropout(0.25), device, generator);
                case PROJECTED_LSTM ->
                    new LSTM(
                            LSTM.config(SIZE, 2 * SIZE)
                                    .projection(SIZE)
                                    .clip(0.5)
                                    .layers(2)
                                    .dropout(0.25),
                            device,
                            generator);
                case TUNED_LSTM -> new LSTM(LSTM.config(SIZE, SIZE), device, generator);
                case GRU_RESET_BEFORE ->
                    new GRU(GRU.config(SIZE, SIZE).resetBefore().bidirectional(), device, generator);
                case ENCODER -> encoder(2, 0.1, device, generator);
                case MULTI_HEAD_ENCODER -> encoder(2, 0, device, generator);
                case GRAPH_ENCODER -> encoder(1, 0, device, generator);
            };
        }

        /** cuDNN takes attention without dropout only, its graph API heads of multiples of 8. */
        private static Module encoder(int heads, double dropout, Device device, Generator generator) {
            TransformerEncoderLayer.Config config = TransformerEncoderLayer.config(SIZE, heads);
            return new TransformerEncoderLayer(config.feedForward(2 * SIZE).dropout(dropout), device, generator);
        }

        Tensor forward() {
            Tensor x = Tensor.normal(device, Generator.seeded(6), DType.F32, Shape.of(BATCH, STEPS, SIZE), 0, 1);
            return output.forward(
                    switch (sequences) {
                        case Recurrent layer
                        when ragged -> layer.forward(x, LENGTHS).last();
                        case Recurrent layer -> layer.forward(x).last();
                        case TransformerEncoderLayer layer -> layer.forward(x).select(1, STEPS - 1);
                        default -> throw new IllegalStateException(sequences.toString());
                    });
        }
    }

    private final CudaBackend backend;
    private final Device device;
    private final Classifier model;
    private final Map<Parameter, float[]> start = new LinkedHashMap<>();

    FaultRun(Kind kind) {
        backend = new CudaBackend(0, 1, new CudaOptions(kind == Kind.TUNED_LSTM, kind == Kind.MULTI_HEAD_ENCODER));
        device = Device.of(backend);
        device.allow(kind == Kind.GRAPH_ENCODER ? Precision.BF16 : Precision.F32);
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
