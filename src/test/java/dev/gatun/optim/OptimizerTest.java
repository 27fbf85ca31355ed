package dev.gatun.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.io.SafeTensors;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(MemoryLeakExtension.class)
class OptimizerTest {
    private static final Device CPU = Device.cpu();

    @TempDir
    Path folder;

    /** Every optimiser with everything on that it remembers something for. */
    enum Kind {
        SGD_MOMENTUM(parameters -> new SGD(SGD.config(0.1).momentum(0.9).schedule(moving()), parameters)),
        SGD_PLAIN(parameters -> new SGD(SGD.config(0.1).schedule(moving()), parameters)),
        RMS_PROP(parameters ->
                new RMSProp(RMSProp.config(0.01).momentum(0.9).centered(true).schedule(moving()), parameters)),
        ADAM(parameters -> new Adam(Adam.config(0.01).schedule(moving()), parameters)),
        ADAM_W(parameters -> new AdamW(AdamW.config(0.01).schedule(moving()), parameters));

        private final Function<Collection<Parameter>, Optimizer> made;

        Kind(Function<Collection<Parameter>, Optimizer> made) {
            this.made = made;
        }

        private static Schedule moving() {
            return Schedule.cosine(20).afterWarmUp(3);
        }

        Optimizer make(Parameter... parameters) {
            return made.apply(List.of(parameters));
        }
    }

    private static Parameter parameter(float... values) {
        try (Scope _ = Scope.open()) {
            return Parameter.of(Tensor.of(CPU, values, values.length));
        }
    }

    /** A step towards a target, over the parameters that take part. */
    private static void step(Optimizer optimizer, double target, Parameter... parameters) {
        try (Tape tape = Tape.record()) {
            Tensor loss = Tensor.zeros(CPU);
            for (Parameter parameter : parameters) {
                loss = loss.add(parameter.subtract(target).square().sum());
            }
            optimizer.step(tape.gradients(loss, List.of(parameters)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void stoppingAndResumingChangesNoBit(Kind kind) {
        Path file = folder.resolve("state.safetensors");
        float[] first;
        float[] second;
        try (Parameter a = parameter(1, -2, 3);
                Parameter b = parameter(0.5f);
                Optimizer optimizer = kind.make(a, b)) {
            step(optimizer, 1, a, b);
            step(optimizer, 2, a);
            step(optimizer, 3, a, b);
            save(file, a, b, optimizer);
            step(optimizer, 4, a, b);
            step(optimizer, 5, b);
            first = a.toFloats();
            second = b.toFloats();
        }
        try (Parameter a = parameter(7, 7, 7);
                Parameter b = parameter(7);
                Optimizer optimizer = kind.make(a, b)) {
            load(file, a, b, optimizer);
            assertEquals(3, optimizer.steps());
            step(optimizer, 4, a, b);
            step(optimizer, 5, b);
            assertArrayEquals(first, a.toFloats());
            assertArrayEquals(second, b.toFloats());
        }
    }

    private static void save(Path file, Parameter a, Parameter b, Optimizer optimizer) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(optimizer.state().tensors());
        tensors.put("a", a);
        tensors.put("b", b);
        SafeTensors.write(file, tensors, optimizer.state().values());
    }

    private static void load(Path file, Parameter a, Parameter b, Optimizer optimizer) {
        try (SafeTensors saved = SafeTensors.open(file);
                Scope _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            saved.names().forEach(name -> tensors.put(name, saved.read(name, CPU)));
            a.assign(tensors.remove("a"));
            b.assign(tensors.remove("b"));
            optimizer.restore(new OptimizerState(tensors, saved.metadata()));
        }
    }

    @Test
    void whatAPlateauHasSeenIsRememberedToo() {
        ReduceOnPlateau.Config config = ReduceOnPlateau.config().factor(0.5).patience(2);
        ReduceOnPlateau before = new ReduceOnPlateau(config);
        ReduceOnPlateau after = new ReduceOnPlateau(config);
        try (Parameter x = parameter(1);
                Optimizer stopped = new SGD(SGD.config(0.1).schedule(before.afterWarmUp(2)), List.of(x));
                Optimizer resumed = new SGD(SGD.config(0.1).schedule(after.afterWarmUp(2)), List.of(x))) {
            for (double metric : new double[] {1, 2, 2, 2, 2, 2}) {
                before.report(metric);
                step(stopped, 1, x);
            }
            resumed.restore(stopped.state());
            assertEquals(0.05, resumed.learningRate(), 1e-12);
            before.report(2);
            after.report(2);
            assertEquals(0.025, stopped.learningRate(), 1e-12);
            assertEquals(0.025, resumed.learningRate(), 1e-12);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aParameterWithoutGradientIsLeftAlone(Kind kind) {
        try (Parameter used = parameter(1);
                Parameter unused = parameter(2, 3);
                Parameter alone = parameter(1);
                Optimizer both = kind.make(used, unused);
                Optimizer one = kind.make(alone)) {
            step(both, 4, used);
            step(both, 4, used);
            assertArrayEquals(new float[] {2, 3}, unused.toFloats());
            step(one, 4, alone);
            step(one, 4, alone);
            assertArrayEquals(alone.toFloats(), used.toFloats());
            step(both, 4, used, unused);
            assertNotEquals(2, unused.toFloats()[0]);
        }
    }

    /** Steps are counted per parameter: one that joins late takes the step that a new optimiser's first would be. */
    @Test
    void theFirstStepOfALateParameterIsAFirstStep() {
        try (Parameter early = parameter(1);
                Parameter late = parameter(1);
                Parameter alone = parameter(1);
                Optimizer both = new Adam(Adam.config(0.1), List.of(early, late));
                Optimizer one = new Adam(Adam.config(0.1), List.of(alone))) {
            step(both, 4, early);
            step(both, 4, early, late);
            step(one, 4, alone);
            assertArrayEquals(alone.toFloats(), late.toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource
    void partsOfAPackedParameterAreTrained(Kind kind) {
        try (Parameter packed = parameter(1, 2, 3, 4, 5);
                Parameter left = packed.part(Layout.contiguous(Shape.of(2)));
                Parameter right = packed.part(Layout.contiguous(Shape.of(3), 2));
                Parameter same = parameter(1, 2, 3, 4, 5);
                Optimizer parts = kind.make(left, right);
                Optimizer whole = kind.make(same)) {
            for (int i = 0; i < 3; i++) {
                try (Tape tape = Tape.record()) {
                    parts.step(tape.gradients(packed.square().sum(), List.of(left, right)));
                }
                try (Tape tape = Tape.record()) {
                    whole.step(tape.gradients(same.square().sum(), List.of(same)));
                }
            }
            assertArrayEquals(same.toFloats(), packed.toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource
    void finds(Kind kind) {
        try (Parameter x = parameter(5, -3);
                Optimizer optimizer = kind.make(x)) {
            double before = distance(x);
            for (int i = 0; i < 15; i++) {
                step(optimizer, 1, x);
            }
            assertTrue(distance(x) < before, Arrays.toString(x.toFloats()));
        }
    }

    private static double distance(Parameter x) {
        double sum = 0;
        for (float value : x.toFloats()) {
            sum += Math.pow(value - 1, 2);
        }
        return sum;
    }

    @Test
    void theScheduleMovesWithTheSteps() {
        try (Parameter a = parameter(0);
                Parameter b = parameter(0);
                Optimizer optimizer = new SGD(
                        SGD.config(1).schedule(Schedule.exponential(0.5)),
                        ParameterGroup.of(List.of(a)),
                        ParameterGroup.of(List.of(b)).learningRate(0.1))) {
            assertEquals(1, optimizer.learningRate());
            assertEquals(0.1, optimizer.learningRate(1), 1e-12);
            for (int i = 0; i < 2; i++) {
                try (Tape tape = Tape.record()) {
                    optimizer.step(tape.gradients(a.sum().add(b.sum()), List.of(a, b)));
                }
            }
            assertEquals(0.25, optimizer.learningRate());
            assertArrayEquals(new float[] {-1.5f}, a.toFloats());
            assertArrayEquals(new float[] {-0.15f}, b.toFloats(), 1e-7f);
        }
    }

    @Test
    void stepsTakeNoMemoryFromTheSystemAfterTheFirst() {
        try (Parameter x = parameter(new float[100_000]);
                Optimizer optimizer = new Adam(Adam.config(0.01), List.of(x))) {
            step(optimizer, 1, x);
            long before = CPU.memory().systemAllocations();
            long inUse = CPU.memory().inUse();
            for (int i = 0; i < 20; i++) {
                step(optimizer, 1, x);
            }
            assertEquals(before, CPU.memory().systemAllocations());
            assertEquals(inUse, CPU.memory().inUse());
        }
    }

    @Test
    void whatIsRememberedGoesWhenTheOptimizerIsClosed() {
        try (Parameter x = parameter(new float[1000])) {
            long before = CPU.memory().inUse();
            Optimizer optimizer = new Adam(Adam.config(0.01), List.of(x));
            assertTrue(CPU.memory().inUse() >= before + 8000);
            OptimizerState state = optimizer.state();
            optimizer.close();
            optimizer.close();
            assertEquals(before, CPU.memory().inUse());
            String message = assertThrows(IllegalStateException.class, () -> step(optimizer, 1, x))
                    .getMessage();
            assertEquals("Adam: step after the optimiser was closed", message);
            String late = assertThrows(IllegalStateException.class, () -> optimizer.restore(state))
                    .getMessage();
            assertEquals("Adam: restore after the optimiser was closed", late);
        }
    }

    @Test
    void statesThatDoNotFitAreRefusedAndChangeNothing() {
        try (Parameter x = parameter(1, 2);
                Parameter y = parameter(1, 2, 3);
                Optimizer adam = new Adam(Adam.config(0.1), List.of(x));
                Optimizer adamW = new AdamW(AdamW.config(0.1), List.of(x));
                Optimizer other = new Adam(Adam.config(0.1), List.of(y));
                Optimizer two = new Adam(Adam.config(0.1), List.of(x, y))) {
            step(adam, 1, x);
            float[] mean = adam.state().tensors().get("mean.0").toFloats();
            refused(() -> adam.restore(adamW.state()), "Adam: the state does not fit: it is of AdamW");
            refused(() -> adam.restore(other.state()), "mean.0 is F32 [3], expected F32 [2]; meanSquare.0 is F32 [3]");
            refused(() -> adam.restore(two.state()), "unexpected mean.1; unexpected meanSquare.1");
            refused(() -> two.restore(adam.state()), "no mean.1; no meanSquare.1");
            Map<String, String> broken = new LinkedHashMap<>(adam.state().values());
            broken.put("parameterSteps", "one");
            OptimizerState unreadable = new OptimizerState(adam.state().tensors(), broken);
            refused(() -> adam.restore(unreadable), "parameterSteps must be 1 counters, was 'one'");
            assertArrayEquals(mean, adam.state().tensors().get("mean.0").toFloats());
            assertEquals(1, adam.steps());
        }
    }

    @Test
    void gradientsOfOtherParametersAloneAreRefused() {
        try (Parameter x = parameter(1, 2);
                Parameter y = parameter(3);
                Optimizer optimizer = new SGD(SGD.config(0.1), List.of(x))) {
            refused(() -> step(optimizer, 0, y), "SGD: none of the 1 gradients is of a parameter of this optimiser");
            assertEquals(0, optimizer.steps());
        }
    }

    @Test
    void impossibleParametersAreRefused() {
        Device other = Device.of(CPU.backend());
        try (Scope _ = Scope.open();
                Parameter x = parameter(1, 2);
                Parameter part = x.part(Layout.contiguous(Shape.of(1)));
                Parameter integers = Parameter.of(Tensor.of(CPU, new int[] {1}, 1));
                Parameter elsewhere = Parameter.of(Tensor.of(other, new float[] {1}, 1))) {
            SGD.Config config = SGD.config(0.1);
            refused(() -> new SGD(config, List.of()), "SGD: was given no parameters");
            refused(() -> new SGD(config, List.of(x, x)), "SGD: the parameter [2] was given twice");
            refused(() -> new SGD(config, List.of(part, x)), "a packed parameter and also its part [1]");
            refused(() -> new SGD(config, List.of(integers)), "expected parameters of F32 or F64, was given I32");
            refused(() -> new SGD(config, List.of(x, elsewhere)), "different devices");
            Layout spaced = Layout.strided(Shape.of(1, 2), new long[] {2, 0}, 0);
            try (Parameter repeated = x.part(spaced)) {
                refused(() -> new SGD(config, List.of(repeated)), "the parameter [1, 2] is not contiguous");
            }
        }
    }

    @Test
    void impossibleSettingsAreRefused() {
        refused(() -> SGD.config(-1), "SGD: learningRate must be 0 or more, was given -1.0");
        refused(() -> SGD.config(Double.NaN), "SGD: learningRate");
        refused(() -> SGD.config(0.1).nesterov(0), "Nesterov's momentum needs a momentum and no dampening");
        refused(() -> SGD.config(0.1).dampening(2), "dampening must be from 0 to 1");
        refused(() -> RMSProp.config(0.1).decay(1), "RMSProp: decay must be at least 0 and below 1, was given 1.0");
        refused(() -> Adam.config(0.1).betas(0.9, 1), "Adam: beta2");
        refused(() -> Adam.config(0.1).epsilon(-1), "Adam: epsilon");
        refused(() -> AdamW.config(0.1).weightDecay(-1), "weightDecay");
        refused(() -> ParameterGroup.of(List.of()).learningRate(-1), "parameter group: learningRate");
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
