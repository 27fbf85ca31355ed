package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No family of golden cases lies there unread. */
class GoldenCoverageTest {
    private static final Path SOURCES = Path.of("src", "test", "java");
    private static final Path INDEX = Path.of("src", "test", "resources", "golden", "index.txt");
    private static final Pattern READ =
            Pattern.compile("GoldenCase\\.family\\(\"([a-z-]+)\"\\)|family\\(\"([a-z-]+)\"\\)");

    @Test
    void everyFamilyIsReadByATest() throws IOException {
        SortedSet<String> made = new TreeSet<>();
        for (String line : Files.readAllLines(INDEX)) {
            made.add(line.substring(0, line.indexOf('/')));
        }
        SortedSet<String> read = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
                Matcher matcher = READ.matcher(Files.readString(file));
                while (matcher.find()) {
                    read.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
                }
            }
        }
        assertEquals(made, read);
    }
}
