package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BreachExtensionTest {
    private static final Path SOURCES = Path.of("src", "test", "java");
    private static final Pattern TAG = Pattern.compile("@Tag\\(\"(cuda|standin)\"\\)");
    private static final Set<String> ANNOTATIONS = Set.of("CudaTest.java", "StandInTest.java");

    /** A test on the stand-in that does not ask for the check would break rules unseen. */
    @Test
    void testsOnCudaAreMarkedByTheAnnotationsThatBringTheCheck() throws IOException {
        try (var files = Files.walk(SOURCES)) {
            List<String> unchecked = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !ANNOTATIONS.contains(file.getFileName().toString()))
                    .filter(BreachExtensionTest::isTagged)
                    .map(file -> SOURCES.relativize(file).toString())
                    .sorted()
                    .toList();
            assertEquals(List.of(), unchecked, "write @CudaTest or @StandInTest instead of @Tag");
        }
    }

    private static boolean isTagged(Path file) {
        try {
            return TAG.matcher(Files.readString(file)).find();
        } catch (IOException unreadable) {
            throw new AssertionError(file + " cannot be read", unreadable);
        }
    }
}
