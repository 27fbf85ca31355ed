package dev.gatun.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A file that breaks the rules of its format, or holds what Gatun has no type for. The message names the file, the place, what was
 * found and what was expected. Unchecked, as {@code model.load(SafeTensors.open(path))} is written where nobody could repair the
 * file; catch {@link UncheckedIOException} to have every failure of a file in one place.
 */
public final class MalformedFileException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    /** An exception whose message reads {@code file: problem}. */
    public MalformedFileException(Path file, String problem) {
        this(file, problem, new IOException(problem));
    }

    /** An exception whose message reads {@code file: problem}, found by whoever threw {@code cause}. */
    public MalformedFileException(Path file, String problem, IOException cause) {
        super(file + ": " + problem, cause);
    }
}
