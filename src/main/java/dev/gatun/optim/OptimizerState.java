package dev.gatun.optim;

import dev.gatun.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that an optimiser remembers between steps, by name: {@code mean.3} is the mean gradient of the fourth parameter, counted over
 * all groups. A checkpoint holds it; so does a file of {@code SafeTensors.write(file, state.tensors(), state.values())}.
 *
 * @param tensors the running means and momenta
 * @param values counters, and the state of the schedule
 */
public record OptimizerState(Map<String, Tensor> tensors, Map<String, String> values) {
    static final String OPTIMIZER = "optimizer";
    static final String STEPS = "steps";
    static final String PARAMETER_STEPS = "parameterSteps";
    static final String SCHEDULE = "schedule.";

    /** Copies both maps in their order; the tensors are the same ones. */
    public OptimizerState {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** A tensor that {@link #demandFits} found to be there. */
    Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("optimizer state: no tensor " + name);
        }
        return tensor;
    }

    /** Demands that this can take the place of what an optimiser remembers now. */
    void demandFits(String optimizer, OptimizerState expected) {
        List<String> problems = new ArrayList<>();
        String given = values.get(OPTIMIZER);
        if (!optimizer.equals(given)) {
            problems.add("it is of " + given);
        }
        expected.tensors.forEach((name, tensor) -> {
            Tensor found = tensors.get(name);
            if (found == null) {
                problems.add("no " + name);
            } else if (found.dtype() != tensor.dtype() || !found.shape().equals(tensor.shape())) {
                problems.add(name + " is " + found.dtype() + " " + found.shape() + ", expected " + tensor.dtype() + " "
                        + tensor.shape());
            }
        });
        tensors.keySet().stream()
                .filter(name -> !expected.tensors.containsKey(name))
                .forEach(name -> problems.add("unexpected " + name));
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(optimizer + ": the state does not fit: " + String.join("; ", problems));
        }
    }

    /** Numbers of 0 or more, so many of them. */
    long[] counters(String name, int count) {
        String text = values.getOrDefault(name, "");
        try {
            long[] numbers = Arrays.stream(text.split(" ", -1))
                    .mapToLong(Long::parseLong)
                    .toArray();
            if (numbers.length == count && Arrays.stream(numbers).allMatch(number -> number >= 0)) {
                return numbers;
            }
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(expected(name, count, text), malformed);
        }
        throw new IllegalArgumentException(expected(name, count, text));
    }

    private static String expected(String name, int count, String text) {
        return "optimizer state: " + name + " must be " + count + " counters, was '" + text + "'";
    }

    /** What belongs to the schedule, under its own names. */
    Map<String, String> scheduleState() {
        Map<String, String> scheduled = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(SCHEDULE)) {
                scheduled.put(key.substring(SCHEDULE.length()), value);
            }
        });
        return scheduled;
    }
}
