package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.io.SafeTensors;
import dev.gatun.layout.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MemoryLeakExtension.class)
class ModuleTest {
    private static final Device CPU = Device.cpu();

    @TempDir
    private Path folder;

    /// Tokens to classes; the output layer is named, the hidden ones are numbered.
    private static final class Classifier extends Module {
        private final Embedding embedding;
        private final Sequential hidden;
        private final Linear output;

        Classifier(long seed) {
            Generator generator = Generator.seeded(seed);
            embedding = register("embedding", new Embedding(Embedding.config(5, 3), CPU, generator));
            hidden = register(
                    "hidden",
                    new Sequential(new Linear(Linear.config(3, 4), CPU, generator), new ReLU(), new LayerNorm(4, CPU)));
            output = register("output", new Linear(Linear.config(4, 2).withoutBias(), CPU, generator));
        }

        Tensor forward(Tensor tokens) {
            return output.forward(hidden.forward(embedding.forward(tokens)));
        }
    }

    private static double[] run(Classifier model) {
        try (Scope _ = Scope.open()) {
            return model.forward(Tensor.of(CPU, new int[] {0, 4, 2}, 3)).toDoubles();
        }
    }

    @Test
    void parametersAreNamedByTheirPathsInTheOrderOfRegistration() {
        try (Classifier model = new Classifier(1)) {
            assertEquals(
                    List.of(
                            "embedding.weight",
                            "hidden.0.weight",
                            "hidden.0.bias",
                            "hidden.2.weight",
                            "hidden.2.bias",
                            "output.weight"),
                    List.copyOf(model.namedParameters().keySet()));
            assertEquals(15 + 12 + 4 + 4 + 4 + 8, model.parameterCount());
            assertEquals(List.copyOf(model.namedParameters().values()), model.parameters());
        }
    }

    @Test
    void oneSeedGivesOneModel() {
        try (Classifier a = new Classifier(7);
                Classifier b = new Classifier(7);
                Classifier c = new Classifier(8)) {
            assertArrayEquals(run(a), run(b));
            assertThrows(AssertionError.class, () -> assertArrayEquals(run(a), run(c)));
        }
    }

    @Test
    void summaryListsModulesAndParameters() {
        try (Classifier model = new Classifier(1)) {
            model.embedding.freeze();
            assertEquals("""
                name                type        shape   parameters
                (model)             Classifier                  47
                embedding           Embedding                   15
                  embedding.weight  F32 frozen  [5, 3]          15
                hidden              Sequential                  24
                hidden.0            Linear                      16
                  hidden.0.weight   F32         [4, 3]          12
                  hidden.0.bias     F32         [4]              4
                hidden.1            ReLU                         0
                hidden.2            LayerNorm                    8
                  hidden.2.weight   F32         [4]              4
                  hidden.2.bias     F32         [4]              4
                output              Linear                       8
                  output.weight     F32         [2, 4]           8
                47 parameters, 15 of them frozen\
                """, model.summary());
        }
    }

    @Test
    void frozenParametersAreNotTrained() {
        try (Classifier model = new Classifier(1)) {
            model.hidden.freeze();
            assertEquals(2, model.parameters().size());
            assertEquals(6, model.namedParameters().size());
            assertEquals(47, model.parameterCount());
            try (Tape tape = Tape.record()) {
                Tensor loss =
                        model.forward(Tensor.of(CPU, new int[] {1}, 1)).square().sum();
                Gradients gradients =
                        tape.gradients(loss, model.namedParameters().values());
                assertEquals(model.parameters(), gradients.tensors());
            }
            model.unfreeze();
            assertEquals(6, model.parameters().size());
        }
    }

    @Test
    void namesAreCheckedWhenTheyAreRegistered() {
        try (Linear linear = new Linear(1, 1, CPU)) {
            String twice = assertThrows(IllegalArgumentException.class, () -> new Module() {
                        {
                            register("a", linear);
                            register("a", linear);
                        }
                    })
                    .getMessage();
            assertEquals("register: Module has a 'a' already; every name stands once", twice);
            String dotted = assertThrows(IllegalArgumentException.class, () -> new Module() {
                        {
                            register("a.b", linear);
                        }
                    })
                    .getMessage();
            assertEquals("register: a name must have characters and no dot, was given 'a.b'", dotted);
        }
    }

    @Test
    void sharedParametersCountOnce() {
        Embedding embedding = new Embedding(5, 3, CPU);
        try (Module tied = new Module() {
            {
                register("input", embedding);
                register("output", embedding.weight());
            }
        }) {
            assertEquals(15, tied.parameterCount());
            assertEquals(1, tied.parameters().size());
            assertEquals(
                    List.of("output", "input.weight"),
                    List.copyOf(tied.namedParameters().keySet()));
            try (Scope _ = Scope.open()) {
                Path file = folder.resolve("tied.safetensors");
                SafeTensors.write(file, Map.of("input.weight", Tensor.ones(CPU, 5, 3)), Map.of());
                tied.load(file);
                assertEquals(15, embedding.weight().sum().item());
            }
        }
    }

    @Test
    void whatIsSavedIsLoadedBitForBit() {
        Path file = folder.resolve("model.safetensors");
        try (Classifier saved = new Classifier(1);
                Classifier loaded = new Classifier(2)) {
            saved.save(file);
            loaded.load(file);
            assertArrayEquals(run(saved), run(loaded));
            loaded.load(SafeTensors.open(file));
            try (SafeTensors source = SafeTensors.open(file)) {
                assertEquals(Map.of("format", "pt"), source.metadata());
                assertEquals(saved.namedParameters().keySet(), source.names());
            }
        }
    }

    @Test
    void otherFloatingTypesAreConverted() {
        for (DType dtype : new DType[] {DType.F64, DType.F16, DType.BF16}) {
            Path file = folder.resolve(dtype + ".safetensors");
            try (Linear linear = new Linear(2, 1, CPU);
                    Scope _ = Scope.open()) {
                Tensor weight = Tensor.of(CPU, new float[] {0.5f, -2}, 1, 2).to(dtype);
                Tensor bias = Tensor.of(CPU, new float[] {3}, 1).to(dtype);
                SafeTensors.write(file, Map.of("weight", weight, "bias", bias), Map.of());
                linear.load(file);
                Tensor y = linear.forward(Tensor.of(CPU, new float[] {2, 1}, 1, 2));
                assertArrayEquals(new double[] {2}, y.toDoubles());
            }
        }
    }

    @Test
    void allThatDoesNotFitIsReportedAtOnceAndNothingIsChanged() {
        Path file = folder.resolve("other.safetensors");
        try (Classifier model = new Classifier(1);
                Scope _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("embedding.weight", Tensor.ones(CPU, 5, 3));
            tensors.put("hidden.0.weight", Tensor.ones(CPU, 3, 4));
            tensors.put("hidden.0.bias", Tensor.of(CPU, new int[4], 4));
            tensors.put("hidden.2.weight", Tensor.ones(CPU, 4));
            tensors.put("head.weight", Tensor.ones(CPU, 2));
            tensors.put("head.bias", Tensor.ones(CPU, 2));
            SafeTensors.write(file, tensors, Map.of());
            double[] before = run(model);
            String message = assertThrows(ParameterMismatchException.class, () -> model.load(file))
                    .getMessage();
            assertEquals(
                    "load: " + file + " does not fit Classifier\n"
                            + "  missing: hidden.2.bias, output.weight\n"
                            + "  unexpected: head.weight, head.bias\n"
                            + "  not fitting: hidden.0.weight is F32 [3, 4], expected F32 [4, 3], "
                            + "hidden.0.bias is I32 [4], expected F32 [4]",
                    message);
            assertArrayEquals(before, run(model));
        }
    }

    @Test
    void closingReleasesEverythingAndUseAfterwardsIsAnError() throws Exception {
        long before = CPU.memory().inUse();
        Classifier model = new Classifier(1);
        Path file = folder.resolve("closed.safetensors");
        assertTrue(CPU.memory().inUse() > before);
        model.close();
        assertDoesNotThrow(model::close);
        assertEquals(before, CPU.memory().inUse());
        assertEquals(
                "Classifier was used after it was closed",
                assertThrows(IllegalStateException.class, model::parameters).getMessage());
        assertThrows(IllegalStateException.class, model::summary);
        assertThrows(IllegalStateException.class, () -> model.save(file));
        assertThrows(IllegalStateException.class, () -> run(model));
        assertEquals(false, Files.exists(file));
    }

    @Test
    void childrenAndListsAreReachable() {
        try (Linear a = new Linear(1, 2, CPU);
                Linear b = new Linear(2, 3, CPU);
                ModuleList<Linear> list = new ModuleList<>(List.of(a, b))) {
            assertSame(b, list.get(1));
            assertEquals(2, list.size());
            assertEquals(List.of("0", "1"), List.copyOf(list.children().keySet()));
            int count = 0;
            for (Linear linear : list) {
                count += (int) linear.parameterCount();
            }
            assertEquals(list.parameterCount(), count);
        }
    }

    @Test
    void constantsAreNeitherNamedNorTrained() {
        Parameter[] made = new Parameter[1];
        try (Module module = new Module() {
            {
                try (Scope _ = Scope.open()) {
                    made[0] = registerConstant(Parameter.of(Tensor.ones(CPU, 3)));
                }
            }
        }) {
            assertEquals(0, module.parameterCount());
            assertTrue(module.namedParameters().isEmpty());
            assertTrue(made[0].isFrozen());
        }
        assertTrue(made[0].isClosed());
    }
}
