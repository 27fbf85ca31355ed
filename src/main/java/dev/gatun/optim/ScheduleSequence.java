package dev.gatun.optim;

import java.util.LinkedHashMap;
import java.util.Map;

/** One schedule for so many steps, then another, which counts from 0. Their states go under names of their own. */
record ScheduleSequence(Schedule first, long steps, Schedule next) implements Schedule {
    private static final String FIRST = "first.";
    private static final String NEXT = "next.";

    @Override
    public double factor(long step) {
        return step < steps ? first.factor(step) : next.factor(step - steps);
    }

    @Override
    public Map<String, String> state() {
        Map<String, String> state = new LinkedHashMap<>();
        first.state().forEach((key, value) -> state.put(FIRST + key, value));
        next.state().forEach((key, value) -> state.put(NEXT + key, value));
        return state;
    }

    @Override
    public void restore(Map<String, String> state) {
        Map<String, String> before = first.state();
        first.restore(under(FIRST, state));
        try {
            next.restore(under(NEXT, state));
        } catch (IllegalArgumentException refused) {
            first.restore(before);
            throw refused;
        }
    }

    private static Map<String, String> under(String prefix, Map<String, String> state) {
        Map<String, String> own = new LinkedHashMap<>();
        state.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                own.put(key.substring(prefix.length()), value);
            }
        });
        return own;
    }
}
