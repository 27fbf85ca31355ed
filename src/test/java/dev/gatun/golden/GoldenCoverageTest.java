package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No family of golden cases lies there unread. */
class GoldenCoverageTest {
    private static final Path SOURCES = Path.of("src", "test", "java");
    private static final Path INDEX = Path.of("src", "test", "resources", "golden", "index.txt");

    @Test
    void everyFamilyIsReadByATest() throws IOException {
        NavigableSet<String> made = new TreeSet<>();
        for (String line : Files.readAllLines(INDEX)) {
            made.add(line.substring(0, line.indexOf('/')));
        }
        NavigableSet<String> read = new TreeSet<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
                String source = Files.readString(file);
                made.stream().filter(family -> names(source, family)).forEach(read::add);
            }
        }
        assertEquals(made, read);
    }

    /** As a family of its own, or as the folder of a file. */
    private static boolean names(String source, String family) {
        return source.contains('"' + family + '"') || source.contains('"' + family + '/');
    }
}
