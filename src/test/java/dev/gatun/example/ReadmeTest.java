package dev.gatun.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's code is what the example "quickstart" compiles and runs. */
class ReadmeTest {
    private static final Path EXAMPLE = Path.of("src", "example", "java", "dev", "gatun", "example", "quickstart");
    private static final Pattern CODE = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyBlockStandsInTheExample() throws IOException {
        String example = flat(Files.readString(EXAMPLE.resolve("Quickstart.java")))
                + flat(Files.readString(EXAMPLE.resolve("Classifier.java")));
        List<String> blocks = new ArrayList<>();
        Matcher matcher = CODE.matcher(Files.readString(Path.of("README.md")));
        while (matcher.find()) {
            blocks.add(flat(matcher.group(1)));
        }
        assertEquals(4, blocks.size());
        blocks.forEach(block -> assertTrue(example.contains(block), "not in the example:\n" + block));
    }

    /** Without indentation and empty lines. */
    private static String flat(String code) {
        return code.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n")) + "\n";
    }
}
