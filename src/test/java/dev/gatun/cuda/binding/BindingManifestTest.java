package dev.gatun.cuda.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The bindings are what `scripts/bindings` wrote, from the headers and allow-lists as they are: nobody edits them by
/// hand.
class BindingManifestTest {
    private static final Path GENERATED = Path.of("src", "generated");
    private static final Path MANIFEST =
            GENERATED.resolve(Path.of("java", "dev", "gatun", "cuda", "binding", "manifest.txt"));

    @Test
    void filesAreThoseOfTheManifest() throws Exception {
        Set<String> listed = Files.readAllLines(MANIFEST).stream()
                .filter(line -> line.startsWith("sha256 "))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> found = new TreeSet<>();
        for (Path file : files()) {
            found.add("sha256 " + sha256(file) + "  " + file.toString().replace('\\', '/'));
        }
        assertEquals(
                without(listed, found),
                without(found, listed),
                "run scripts/bindings after editing native/headers, and do not edit what it writes");
    }

    private static Set<Path> files() throws IOException {
        try (Stream<Path> read = Files.walk(Path.of("native", "headers"));
                Stream<Path> written = Files.walk(GENERATED)) {
            return Stream.concat(
                            read.filter(file -> !file.endsWith("requirements.txt")),
                            written.filter(file -> !file.equals(MANIFEST)))
                    .filter(Files::isRegularFile)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    private static Set<String> without(Set<String> lines, Set<String> others) {
        Set<String> rest = new TreeSet<>(lines);
        rest.removeAll(others);
        return rest;
    }
}
