package dev.gatun.cuda;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.regex.Pattern;

/** Orders files by the version in their names: cuda-13.10 before cuda-13.9 before cuda-13; without versions, by name. */
final class NewestFirst implements Comparator<Path> {
    private static final Pattern NOT_DIGITS = Pattern.compile("[^0-9]+");

    @Override
    public int compare(Path one, Path other) {
        int byVersion = Arrays.compare(version(other), version(one));
        return byVersion != 0 ? byVersion : other.compareTo(one);
    }

    /** The numbers in a file's name. */
    private static long[] version(Path file) {
        return NOT_DIGITS
                .splitAsStream(file.getFileName().toString())
                .filter(digits -> !digits.isEmpty() && digits.length() < 10)
                .mapToLong(Long::parseLong)
                .toArray();
    }
}
