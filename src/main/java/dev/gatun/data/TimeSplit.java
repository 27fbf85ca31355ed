package dev.gatun.data;

import java.util.List;

/**
 * Examples in the order of time, cut into those to train on and later ones to validate on. Nothing is shuffled across the cut: what
 * was trained on is older than what is validated. Windows of one series overlap: cut its rows instead ({@link Window#over}).
 *
 * @param train the older part
 * @param validation the newer part
 */
public record TimeSplit<E>(List<E> train, List<E> validation) {
    /** The last share of the examples, rounded to whole ones, is for validation. */
    public static <E> TimeSplit<E> of(List<E> examplesInOrder, double validationShare) {
        int split = at(examplesInOrder.size(), validationShare);
        return new TimeSplit<>(
                examplesInOrder.subList(0, split), examplesInOrder.subList(split, examplesInOrder.size()));
    }

    /** Where to cut: how many of so many examples, or rows of a series, come before the validation's share. */
    public static int at(int examples, double validationShare) {
        if (!(validationShare >= 0 && validationShare <= 1)) {
            throw new IllegalArgumentException("split: the share must be from 0 to 1, was given " + validationShare);
        }
        return examples - (int) Math.round(examples * validationShare);
    }
}
