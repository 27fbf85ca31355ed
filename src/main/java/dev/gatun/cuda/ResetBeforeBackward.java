package dev.gatun.cuda;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.ReductionOps;
import dev.gatun.backend.View;
import dev.gatun.cuda.ResetBeforeSteps.Kind;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** The backward pass: gate gradients step by step, then one product each for the gradients of a weight and of the input. */
final class ResetBeforeBackward {
    private final CudaMemory memory;
    private final RandomOps random;
    private final ReductionOps reduction;
    private final ResetBeforeSteps steps;

    ResetBeforeBackward(CudaMemory memory, RandomOps random, ReductionOps reduction, ResetBeforeSteps steps) {
        this.memory = memory;
        this.random = random;
        this.reduction = reduction;
        this.steps = steps;
    }

    void run(@Nullable View dy, @Nullable View dhn, @Nullable View dx, @Nullable View dh0, @Nullable View dweights) {
        View upstream = dy == null ? null : steps.scratch.copy(ResetBeforeForward.timeMajor(dy));
        for (int layer = steps.spec.layers() - 1; layer >= 0; layer--) {
            View input = steps.kept.input(steps.reserve, layer);
            View dinput = layer > 0 || dx != null ? steps.scratch.view(input.dtype(), input.shape()) : null;
            for (int direction = 0; direction < steps.spec.directions(); direction++) {
                int place = layer * steps.spec.directions() + direction;
                View dhidden = dhn == null
                        ? steps.scratch.zeros(input.dtype(), stateShape())
                        : steps.scratch.copy(ResetBeforeSteps.at(dhn, place));
                walk(layer, direction, input, upstream, dhidden, dinput, dweights);
                if (dh0 != null) {
                    memory.copy(dhidden, ResetBeforeSteps.at(dh0, place));
                }
            }
            RandomStream stream = layer == 0 ? null : steps.dropoutAbove(layer - 1);
            if (stream != null && dinput != null) {
                random.dropout(stream, steps.spec.dropout(), dinput, dinput);
            }
            upstream = dinput;
        }
        if (dx != null && upstream != null) {
            memory.copy(upstream, ResetBeforeForward.timeMajor(dx));
        }
    }

    private Shape stateShape() {
        return Shape.of(steps.call.batch(), steps.spec.hiddenSize());
    }

    private void walk(
            int layer,
            int direction,
            View input,
            @Nullable View dy,
            View dhidden,
            @Nullable View dinput,
            @Nullable View dweights) {
        View gates = steps.kept.gates(steps.reserve, layer, direction);
        View states = steps.kept.states(steps.reserve, layer, direction);
        View dgates = steps.scratch.view(gates.dtype(), gates.shape());
        View resets = steps.scratch.view(
                gates.dtype(), Shape.of(steps.call.steps(), steps.call.batch(), steps.spec.hiddenSize()));
        View dreset = steps.scratch.view(gates.dtype(), stateShape());
        View mine = dy == null
                ? null
                : dy.with(dy.layout()
                        .slice(-1, direction * steps.spec.hiddenSize(), (direction + 1) * steps.spec.hiddenSize()));
        for (int n = steps.call.steps() - 1; n >= 0 && steps.units() > 0; n--) {
            int step = steps.step(direction, n);
            View before = ResetBeforeSteps.at(states, ResetBeforeSteps.before(direction, step));
            View dgate = ResetBeforeSteps.at(dgates, step);
            View gate = ResetBeforeSteps.at(gates, step);
            steps.kernel("gruResetOutputBackward", step, steps.spec.outputSize())
                    .pointer(gate)
                    .pointer(before)
                    .pointer(mine == null ? null : ResetBeforeSteps.at(mine, step))
                    .pointer(dhidden)
                    .pointer(dgate)
                    .overThreads(steps.units());
            View candidate = steps.weight(Kind.RECURRENT, layer, direction, 2, 3);
            steps.matrix.matmul(steps.gates(dgate, 2, 3), candidate, Epilogue.NONE, dreset);
            steps.kernel("gruResetGatesBackward", step, steps.spec.outputSize())
                    .pointer(gate)
                    .pointer(before)
                    .pointer(dreset)
                    .pointer(dhidden)
                    .pointer(dgate)
                    .pointer(ResetBeforeSteps.at(resets, step))
                    .overThreads(steps.units());
            View weight = steps.weight(Kind.RECURRENT, layer, direction, 0, 2);
            steps.matrix.matmul(steps.gates(dgate, 0, 2), weight, Epilogue.onto(dhidden), dhidden);
        }
        if (dinput != null) {
            View weight = steps.weight(
                    Kind.INPUT, layer, direction, 0, steps.spec.cell().gates());
            View target = ResetBeforeForward.flat(dinput);
            Epilogue epilogue = direction > 0 ? Epilogue.onto(target) : Epilogue.NONE;
            steps.matrix.matmul(ResetBeforeForward.flat(dgates), weight, epilogue, target);
        }
        if (dweights != null) {
            int from = ResetBeforeSteps.before(direction, 0);
            View previous = states.with(states.layout().slice(0, from, from + steps.call.steps()));
            weightGradients(
                    layer,
                    direction,
                    ResetBeforeForward.flat(dgates),
                    ResetBeforeForward.flat(input),
                    ResetBeforeForward.flat(previous),
                    ResetBeforeForward.flat(resets),
                    dweights);
        }
    }

    private void weightGradients(
            int layer, int direction, View dgates, View input, View previous, View resets, View dweights) {
        View transposed = ResetBeforeSteps.transposed(dgates);
        View dinput = part(dweights, Kind.INPUT, layer, direction);
        steps.matrix.matmul(transposed, input, Epilogue.NONE, dinput);
        View drecurrent = part(dweights, Kind.RECURRENT, layer, direction);
        View first = ResetBeforeSteps.transposed(steps.gates(dgates, 0, 2));
        steps.matrix.matmul(first, previous, Epilogue.NONE, steps.rows(drecurrent, 0, 2));
        View third = ResetBeforeSteps.transposed(steps.gates(dgates, 2, 3));
        steps.matrix.matmul(third, resets, Epilogue.NONE, steps.rows(drecurrent, 2, 3));
        for (Kind kind : new Kind[] {Kind.INPUT_BIAS, Kind.RECURRENT_BIAS}) {
            View dbias = steps.partOrNull(dweights, kind, layer, direction);
            if (dbias != null) {
                View row = dbias.with(Layout.contiguous(
                        Shape.of(1, dbias.size(0)), dbias.layout().offset()));
                reduction.reduce(Reduction.SUM, dgates, row);
            }
        }
    }

    private View part(View dweights, Kind kind, int layer, int direction) {
        View part = steps.partOrNull(dweights, kind, layer, direction);
        if (part == null) {
            throw new IllegalStateException("gru: no " + kind);
        }
        return part;
    }
}
