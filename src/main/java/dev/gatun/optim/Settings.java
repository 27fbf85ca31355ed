package dev.gatun.optim;

/** What optimisers and schedules demand of their numbers. */
final class Settings {
    private Settings() {}

    static double rate(String owner, double rate) {
        return atLeastZero(owner, "learningRate", rate);
    }

    static double atLeastZero(String owner, String name, double value) {
        return demand(value >= 0 && value < Double.POSITIVE_INFINITY, owner, name, "0 or more", value);
    }

    /** In [0, 1). */
    static double share(String owner, String name, double value) {
        return demand(value >= 0 && value < 1, owner, name, "at least 0 and below 1", value);
    }

    static long atLeastOne(String owner, String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(owner + ": " + name + " must be at least 1, was given " + value);
        }
        return value;
    }

    static double demand(boolean holds, String owner, String name, String expected, double value) {
        if (!holds) {
            throw new IllegalArgumentException(owner + ": " + name + " must be " + expected + ", was given " + value);
        }
        return value;
    }
}
