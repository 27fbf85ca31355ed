package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.AttentionMask;
import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Module;
import dev.gatun.nn.TransformerEncoder;
import dev.gatun.nn.TransformerEncoderLayer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whole models from bare state dicts, as a user of PyTorch saves them. */
@ExtendWith(MemoryLeakExtension.class)
class ModelGoldenTest {
    private static final Path FOLDER = Path.of("src", "test", "resources", "golden", "models");

    private static final class Tagger extends Module {
        private final Embedding embedding;
        private final LSTM lstm;
        private final Linear output;

        Tagger(GoldenCase golden, Device device) {
            int width = golden.integer("embedding_dim");
            int hidden = golden.integer("hidden_size");
            embedding = register("embedding", new Embedding(golden.integer("vocabulary"), width, device));
            lstm = register("lstm", new LSTM(LSTM.config(width, hidden).bidirectional(), device));
            output = register("output", new Linear(2 * hidden, golden.integer("tags"), device));
        }

        Tensor forward(Tensor ids) {
            return output.forward(lstm.forward(embedding.forward(ids)).sequence());
        }
    }

    @Test
    void everyModelIsTested() {
        assertEquals(List.of("models/encoder-io", "models/tagger-io"), GoldenCase.family("models"));
    }

    @Test
    void modelsComeFromTheirStateDicts() {
        tagger(Device.cpu());
        encoder(Device.cpu());
    }

    @Test
    void modelsComeFromTheirStateDictsToScalarKernels() {
        GoldenRun.onScalarKernels(ModelGoldenTest::tagger);
        GoldenRun.onScalarKernels(ModelGoldenTest::encoder);
    }

    @Test
    @CudaTest
    void modelsComeFromTheirStateDictsToCuda() {
        GoldenRun.onCuda(ModelGoldenTest::tagger);
        GoldenRun.onCuda(ModelGoldenTest::encoder);
    }

    private static void tagger(Device device) {
        try (GoldenCase golden = GoldenCase.open("models/tagger-io");
                Tagger tagger = new Tagger(golden, device);
                Scope _ = Scope.open()) {
            tagger.load(FOLDER.resolve(golden.text("state_dict")));
            Tensor logits = tagger.forward(golden.read("input.ids", device));
            GoldenRun.compare(golden.read("output.logits", device), logits, GoldenRun.FORWARD, "tagger");
            GoldenRun.export(golden, tagger);
        }
    }

    private static void encoder(Device device) {
        try (GoldenCase golden = GoldenCase.open("models/encoder-io");
                TransformerEncoder encoder = new TransformerEncoder(config(golden), device);
                Scope _ = Scope.open()) {
            encoder.load(FOLDER.resolve(golden.text("state_dict")));
            Tensor padding = golden.read("input.src_key_padding_mask", device);
            Tensor y = encoder.forward(golden.read("input.x", device), new AttentionMask(false, null, padding));
            GoldenRun.compare(golden.read("output.y", device), y, GoldenRun.FORWARD, "encoder");
            GoldenRun.export(golden, encoder);
        }
    }

    private static TransformerEncoder.Config config(GoldenCase golden) {
        TransformerEncoderLayer.Config layer = TransformerEncoderLayer.config(
                        golden.integer("d_model"), golden.integer("nhead"))
                .feedForward(golden.integer("dim_feedforward"))
                .dropout(0)
                .normFirst();
        return TransformerEncoder.config(layer, golden.integer("num_layers")).finalNorm();
    }
}
