package dev.gatun.cuda;

import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.cuda.ResetBeforeSteps.Kind;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** The forward pass: for all steps G = x Wᵀ + b + c, then step by step r, z = σ(G + h Rᵀ), n = tanh(G + (r h) Rₙᵀ), h′ = (1 − z) n + z h. */
final class ResetBeforeForward {
    private final CudaMemory memory;
    private final RandomOps random;
    private final ElementwiseOps elementwise;
    private final ResetBeforeSteps steps;

    ResetBeforeForward(CudaMemory memory, RandomOps random, ElementwiseOps elementwise, ResetBeforeSteps steps) {
        this.memory = memory;
        this.random = random;
        this.elementwise = elementwise;
        this.steps = steps;
    }

    void run(View x, @Nullable View h0, View y, View hn) {
        View input = steps.kept.input(steps.reserve, 0);
        memory.copy(timeMajor(x), input);
        steps.past.clear(input, true);
        View output = input;
        for (int layer = 0; layer < steps.spec.layers(); layer++) {
            boolean last = layer == steps.spec.layers() - 1;
            Shape shape = Shape.of(steps.call.steps(), steps.call.batch(), steps.spec.outputSize());
            output = last ? steps.scratch.view(x.dtype(), shape) : steps.kept.input(steps.reserve, layer + 1);
            for (int direction = 0; direction < steps.spec.directions(); direction++) {
                int place = layer * steps.spec.directions() + direction;
                View hidden = h0 == null ? null : ResetBeforeSteps.at(h0, place);
                walk(layer, direction, input, output, hidden, ResetBeforeSteps.at(hn, place));
            }
            RandomStream stream = steps.dropoutAbove(layer);
            if (stream != null) {
                random.dropout(stream, steps.spec.dropout(), output, output);
            }
            input = output;
        }
        memory.copy(output, timeMajor(y));
    }

    static View timeMajor(View batchMajor) {
        return batchMajor.with(batchMajor.layout().transpose(0, 1));
    }

    private void walk(int layer, int direction, View input, View output, @Nullable View h0, View hn) {
        View gates = steps.kept.gates(steps.reserve, layer, direction);
        View states = steps.kept.states(steps.reserve, layer, direction);
        View weight =
                steps.weight(Kind.INPUT, layer, direction, 0, steps.spec.cell().gates());
        View bias = steps.bias(Kind.INPUT_BIAS, layer, direction);
        steps.matrix.matmul(flat(input), ResetBeforeSteps.transposed(weight), Epilogue.bias(bias), flat(gates));
        addRecurrentBias(layer, direction, gates);
        int count = steps.call.steps();
        View first = ResetBeforeSteps.at(states, direction == 0 ? 0 : count);
        if (h0 == null) {
            memory.fill(first, 0);
        } else {
            memory.copy(h0, first);
        }
        View mine = output.with(output.layout()
                .slice(-1, direction * steps.spec.hiddenSize(), (direction + 1) * steps.spec.hiddenSize()));
        View reset = steps.scratch.view(gates.dtype(), Shape.of(steps.call.batch(), steps.spec.hiddenSize()));
        for (int n = 0; n < count; n++) {
            step(layer, direction, steps.step(direction, n), gates, states, reset, mine);
        }
        memory.copy(ResetBeforeSteps.at(states, direction == 0 ? count : 0), hn);
    }

    /** All steps of all sequences as rows of one matrix. */
    static View flat(View timeMajor) {
        Shape shape = Shape.of(timeMajor.size(0) * timeMajor.size(1), timeMajor.size(2));
        return timeMajor.with(Layout.contiguous(shape, timeMajor.layout().offset()));
    }

    private void addRecurrentBias(int layer, int direction, View gates) {
        View bias = steps.bias(Kind.RECURRENT_BIAS, layer, direction);
        if (bias != null && gates.elements() > 0) {
            View repeated = bias.with(bias.layout().broadcastTo("gru", gates.shape()));
            elementwise.accumulate(repeated, 1, gates);
        }
    }

    private void step(int layer, int direction, int step, View gates, View states, View reset, View output) {
        if (steps.units() == 0) {
            return;
        }
        View gate = ResetBeforeSteps.at(gates, step);
        View before = ResetBeforeSteps.at(states, ResetBeforeSteps.before(direction, step));
        View after = ResetBeforeSteps.at(states, ResetBeforeSteps.after(direction, step));
        View weight = steps.weight(Kind.RECURRENT, layer, direction, 0, 2);
        View two = steps.gates(gate, 0, 2);
        steps.matrix.matmul(before, ResetBeforeSteps.transposed(weight), Epilogue.onto(two), two);
        steps.kernel("gruResetGates", step, steps.spec.outputSize())
                .pointer(gate)
                .pointer(before)
                .pointer(reset)
                .overThreads(steps.units());
        View candidate = steps.weight(Kind.RECURRENT, layer, direction, 2, 3);
        View third = steps.gates(gate, 2, 3);
        steps.matrix.matmul(reset, ResetBeforeSteps.transposed(candidate), Epilogue.onto(third), third);
        steps.kernel("gruResetOutput", step, steps.spec.outputSize())
                .pointer(gate)
                .pointer(before)
                .pointer(after)
                .pointer(ResetBeforeSteps.at(output, step))
                .overThreads(steps.units());
    }
}
