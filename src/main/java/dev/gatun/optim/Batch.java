package dev.gatun.optim;

import dev.gatun.Gradients;
import dev.gatun.Parameter;
import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.View;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters that take a step together: those of one group that have a gradient and as many steps behind them.
 *
 * @param rate the learning rate in force
 * @param weightDecay the group's
 * @param step which step this is for them, from 1 on
 */
record Batch(double rate, double weightDecay, long step, List<Slot> slots, Gradients found) {
    OptimizerOps ops() {
        return slots.getFirst().parameter().device().backend().optimizer();
    }

    List<View> parameters() {
        return slots.stream().map(slot -> slot.parameter().view()).toList();
    }

    List<View> gradients() {
        return slots.stream().map(slot -> found.of(slot.parameter()).view()).toList();
    }

    /** What is remembered under a name; empty when the optimiser remembers no such thing. */
    List<View> state(String name) {
        List<View> views = new ArrayList<>(slots.size());
        for (Slot slot : slots) {
            Parameter state = slot.states().get(name);
            if (state != null) {
                views.add(state.view());
            }
        }
        return views;
    }
}
