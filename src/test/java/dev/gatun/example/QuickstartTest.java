package dev.gatun.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example "quickstart", which the README quotes, learns its task and loads what it saved. */
class QuickstartTest {
    @TempDir
    Path folder;

    @Test
    void theLoadedClassifierIsRight() throws Exception {
        ExampleRun run = ExampleRun.of(folder, "quickstart.Quickstart");
        assertEquals(0, run.exit(), run.err());
        Matcher hits = Pattern.compile("right: (\\d+) of 1000").matcher(run.out());
        assertTrue(hits.find(), run.out());
        assertTrue(Integer.parseInt(hits.group(1)) > 900, run.out());
    }
}
