package dev.gatun.optim;

import dev.gatun.Device;
import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Changes parameters by their gradients. A parameter without a gradient is left alone, and so is what is remembered of it.
 *
 * <pre>{@code
 * try (var optimizer = new Adam(Adam.config(1e-3), model.parameters())) {
 *     for (List<Window> batch : batches) {
 *         try (var tape = Tape.record()) {
 *             Tensor forecast = model.forward(Window.inputs(device, batch));
 *             Tensor loss = Losses.mse(forecast, Window.targets(device, batch, 0));
 *             Gradients gradients = tape.gradients(loss, model.parameters());
 *             gradients.clipNorm(1.0);
 *             optimizer.step(gradients);
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>What an optimiser remembers lives outside scopes until it is closed. It is there from the start, so that steps take no memory
 * from the system. For one thread at a time.
 */
public abstract sealed class Optimizer implements AutoCloseable permits SGD, RMSProp, Adam {

    private record Group(double rate, double weightDecay, List<Slot> slots) {}

    private final Schedule schedule;
    private final List<Group> groups;
    private final List<Slot> slots;
    private long steps;
    private boolean closed;

    /**
     * An optimiser of groups of parameters.
     *
     * @param defaults what a group has that says nothing else
     * @param stateNames the kinds of tensors remembered of each parameter
     */
    Optimizer(Defaults defaults, List<String> stateNames, List<ParameterGroup> groups) {
        check(groups.stream().flatMap(group -> group.parameters().stream()).toList());
        this.schedule = defaults.schedule();
        List<Slot> made = new ArrayList<>();
        try {
            this.groups = groups.stream()
                    .map(group -> group(defaults, group, stateNames, made))
                    .toList();
        } catch (Throwable thrown) {
            made.forEach(Slot::close);
            throw thrown;
        }
        this.slots = List.copyOf(made);
    }

    private static Group group(Defaults defaults, ParameterGroup group, List<String> stateNames, List<Slot> made) {
        List<Slot> slots = new ArrayList<>();
        for (Parameter parameter : group.parameters()) {
            Slot slot = new Slot(parameter, stateNames);
            made.add(slot);
            slots.add(slot);
        }
        return new Group(
                group.learningRate().orElse(defaults.learningRate()),
                group.weightDecay().orElse(defaults.weightDecay()),
                slots);
    }

    /** What every optimiser's configuration says. */
    record Defaults(double learningRate, double weightDecay, Schedule schedule) {}

    /** Changes the parameters of a batch and what is remembered of them. */
    abstract void update(Batch batch);

    private String name() {
        return getClass().getSimpleName();
    }

    private void check(List<Parameter> parameters) {
        Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Parameter parameter : parameters) {
            demand(seen.add(parameter), "the parameter " + parameter.shape() + " was given twice");
            demand(
                    parameter.dtype().isComputable(),
                    "expected parameters of F32 or F64, was given " + parameter.dtype());
            demand(parameter.view().isContiguous(), "the parameter " + parameter.shape() + " is not contiguous");
            Device device = parameters.getFirst().device();
            demand(
                    parameter.device() == device,
                    "parameters lie on different devices: " + device + " and " + parameter.device());
        }
        for (Parameter parameter : parameters) {
            boolean twice = parameter.whole() != null && seen.contains(parameter.whole());
            demand(!twice, "was given a packed parameter and also its part " + parameter.shape());
        }
        demand(!parameters.isEmpty(), "was given no parameters");
    }

    private void demand(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(name() + ": " + problem);
        }
    }

    private void checkOpen(String operation) {
        if (closed) {
            throw new IllegalStateException(name() + ": " + operation + " after the optimiser was closed");
        }
    }

    /**
     * One step of every parameter that has a gradient, at the rate that the schedule gives for the steps so far.
     *
     * @throws IllegalArgumentException if there are gradients, but none of this optimiser's parameters
     */
    public final void step(Gradients gradients) {
        checkOpen("step");
        List<Tensor> found = gradients.tensors();
        demand(
                found.isEmpty() || slots.stream().anyMatch(slot -> has(gradients, slot)),
                "none of the " + found.size() + " gradients is of a parameter of this optimiser");
        double factor = schedule.factor(steps);
        for (Group group : groups) {
            Map<Long, List<Slot>> bySteps = group.slots().stream()
                    .filter(slot -> has(gradients, slot))
                    .collect(Collectors.groupingBy(Slot::steps, TreeMap::new, Collectors.toList()));
            bySteps.forEach((behind, together) -> {
                update(new Batch(group.rate() * factor, group.weightDecay(), behind + 1, together, gradients));
                together.forEach(slot -> slot.steps(behind + 1));
            });
        }
        steps++;
    }

    private static boolean has(Gradients gradients, Slot slot) {
        return gradients.find(slot.parameter()).isPresent();
    }

    /** How many steps were taken: the schedule's position. */
    public final long steps() {
        return steps;
    }

    /** The learning rate of the next step, of the first group. */
    public final double learningRate() {
        return learningRate(0);
    }

    /** The learning rate of the next step, of one group. */
    public final double learningRate(int group) {
        return groups.get(group).rate() * schedule.factor(steps);
    }

    /**
     * What this optimiser remembers: the tensors themselves, which the next step changes, and counters. Write it or copy it; put
     * back by {@link #restore}, training goes on as if it had never stopped, bit for bit.
     */
    public final OptimizerState state() {
        checkOpen("state");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < slots.size(); i++) {
            String place = "." + i;
            slots.get(i).states().forEach((name, state) -> tensors.put(name + place, state));
        }
        Map<String, String> values = new LinkedHashMap<>();
        values.put(OptimizerState.OPTIMIZER, name());
        values.put(OptimizerState.STEPS, Long.toString(steps));
        values.put(
                OptimizerState.PARAMETER_STEPS,
                slots.stream().map(slot -> Long.toString(slot.steps())).collect(Collectors.joining(" ")));
        schedule.state().forEach((key, value) -> values.put(OptimizerState.SCHEDULE + key, value));
        return new OptimizerState(tensors, values);
    }

    /**
     * Continues from what another optimiser remembered that was built in the same way, for parameters of the same shapes.
     *
     * @throws IllegalArgumentException if the state does not fit, naming everything that does not; nothing is changed then
     */
    public final void restore(OptimizerState state) {
        checkOpen("restore");
        state.demandFits(name(), state());
        long[] parameterSteps = state.counters(OptimizerState.PARAMETER_STEPS, slots.size());
        long taken = state.counters(OptimizerState.STEPS, 1)[0];
        schedule.restore(state.scheduleState());
        for (int i = 0; i < slots.size(); i++) {
            String place = "." + i;
            slots.get(i).steps(parameterSteps[i]);
            slots.get(i).states().forEach((name, own) -> own.assign(state.tensor(name + place)));
        }
        steps = taken;
    }

    /** Releases what is remembered; the parameters stay. Closing twice is harmless. */
    @Override
    public void close() {
        closed = true;
        slots.forEach(Slot::close);
    }
}
