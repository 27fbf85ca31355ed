package dev.gatun.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example "quickstart", which the README quotes, learns its task and loads what it saved. */
class QuickstartTest {
    private static final Path SOURCES = Path.of("src/example/java/dev/gatun/example/quickstart");
    private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    void theLoadedClassifierIsRight() throws Exception {
        ExampleRun run = ExampleRun.of(folder, List.of(), "quickstart.Quickstart");
        assertEquals(0, run.exit(), run.err());
        Matcher hits = Pattern.compile("right: (\\d+) of 1000").matcher(run.out());
        assertTrue(hits.find(), run.out());
        assertTrue(Integer.parseInt(hits.group(1)) > 900, run.out());
    }

    @Test
    void allJavaOfTheReadmeStandsInTheExample() throws IOException {
        String example = unindented(Files.readString(SOURCES.resolve("Quickstart.java"))
                + Files.readString(SOURCES.resolve("Classifier.java")));
        List<String> quoted = JAVA_BLOCK
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map((MatchResult block) -> unindented(block.group(1)))
                .toList();
        assertTrue(quoted.size() > 3, quoted::toString);
        for (String block : quoted) {
            assertTrue(example.contains(block), block);
        }
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }
}
