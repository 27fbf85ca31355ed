package dev.gatun.cuda.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// No more is bound than is used: every name in the allow-lists stands in a source of the backend, or in one of its
/// tests, which
/// read NVIDIA's descriptors back.
class BindingUseTest {
    private static final Map<String, String> CLASSES =
            Map.of("cudart", "Cudart", "cublas", "Cublas", "cudnn", "Cudnn", "nvrtc", "Nvrtc");

    private static final Pattern BOUND = Pattern.compile("--include-(?:function|constant) (\\w+)");

    private static Set<String> bound(String library) throws IOException {
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("native", "headers", library + ".symbols"))) {
            Matcher name = BOUND.matcher(line);
            if (name.matches()) {
                names.add(name.group(1));
            }
        }
        return names;
    }

    private static Set<String> used(String library) throws IOException {
        Pattern use = Pattern.compile("\\b" + CLASSES.get(library) + "\\s*(?:\\.|::)\\s*(\\w+)");
        Set<String> names = new TreeSet<>();
        for (String sources : new String[] {"main", "test"}) {
            try (Stream<Path> files = Files.walk(Path.of("src", sources, "java", "dev", "gatun"))) {
                for (Path file :
                        files.filter(each -> each.toString().endsWith(".java")).toList()) {
                    use.matcher(Files.readString(file)).results().forEach(call -> names.add(call.group(1)));
                }
            }
        }
        return names;
    }

    @ParameterizedTest
    @ValueSource(strings = {"cudart", "cublas", "cudnn", "nvrtc"})
    void everyBoundNameIsUsed(String library) throws IOException {
        Set<String> unused = bound(library);
        unused.removeAll(used(library));
        assertEquals(Set.of(), unused, "in native/headers/" + library + ".symbols, and nowhere else: drop them");
    }
}
