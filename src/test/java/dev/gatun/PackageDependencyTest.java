package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/// Reads the compiled library and compares who uses whom with the design: dependencies point one way.
class PackageDependencyTest {
    private static final Path CLASSES = Path.of("target", "classes");

    /// The packages that each package may use: these and no others.
    private static final Map<String, Set<String>> DESIGN = Map.ofEntries(
            uses("layout"),
            uses("backend", "layout"),
            uses("pool", "layout", "backend"),
            uses("cpu.gemm", "layout"),
            uses("cpu.kernel", "layout", "backend", "cpu.gemm"),
            uses("cpu.recurrent", "layout", "backend", "cpu.gemm", "cpu.kernel"),
            uses("cpu", "layout", "backend", "pool", "cpu.gemm", "cpu.kernel", "cpu.recurrent"),
            uses("cuda.binding"),
            uses("cuda", "layout", "backend", "pool", "cuda.binding"),
            uses("op", "layout", "backend"),
            uses("", "layout", "backend", "op"),
            uses("nn.init", "layout", ""),
            uses("json"),
            uses("io", "layout", "", "json"),
            uses("data", "layout", ""),
            uses("optim", "layout", "backend", ""),
            uses("nn", "layout", "backend", "", "io", "nn.init"),
            uses("training", "layout", "backend", "", "io", "data", "optim", "nn"),
            uses("parity", "layout", "", "nn"),
            uses("tool", "layout", "backend", "", "json", "nn", "optim", "parity"));

    private static Map.Entry<String, Set<String>> uses(String user, String... used) {
        return Map.entry(
                named(user),
                Arrays.stream(used).map(PackageDependencyTest::named).collect(Collectors.toSet()));
    }

    private static String named(String part) {
        return part.isEmpty() ? "dev.gatun" : "dev.gatun." + part;
    }

    /// A class of ours, by its internal name: alone, in a descriptor, or in a generic signature.
    private static final Pattern CLASS_NAME = Pattern.compile("dev/gatun/(?:[a-z0-9_]+/)*(?=[A-Z])");

    @Test
    void designHasNoCycle() {
        for (String name : DESIGN.keySet()) {
            Set<String> reached = new HashSet<>();
            reach(name, reached);
            assertFalse(reached.contains(name), name + " reaches itself");
        }
    }

    private static void reach(String user, Set<String> reached) {
        for (String name : DESIGN.get(user)) {
            if (reached.add(name)) {
                reach(name, reached);
            }
        }
    }

    @Test
    void packagesUseOnlyWhatTheDesignAllows() throws IOException {
        Set<String> violations = new TreeSet<>();
        dependencies().forEach((user, used) -> {
            Set<String> allowed = DESIGN.getOrDefault(user, Set.of());
            used.stream()
                    .filter(name -> !name.equals(user) && !allowed.contains(name))
                    .forEach(name -> violations.add(user + " → " + name));
            if (!DESIGN.containsKey(user)) {
                violations.add(user + " is not in the design");
            }
        });
        assertEquals(Set.of(), violations);
    }

    private static Map<String, Set<String>> dependencies() throws IOException {
        Map<String, Set<String>> used = new TreeMap<>();
        try (var files = Files.walk(CLASSES)) {
            files.filter(file -> file.toString().endsWith(".class") && !file.endsWith("module-info.class"))
                    .forEach(file -> used.computeIfAbsent(packageOf(file), name -> new TreeSet<>())
                            .addAll(packagesIn(file)));
        }
        return used;
    }

    private static String packageOf(Path file) {
        return CLASSES.relativize(file.getParent())
                .toString()
                .replace(file.getFileSystem().getSeparator(), ".");
    }

    private static Set<String> packagesIn(Path file) {
        try {
            Set<String> names = new TreeSet<>();
            StreamSupport.stream(ClassFile.of().parse(file).constantPool().spliterator(), false)
                    .filter(Utf8Entry.class::isInstance)
                    .flatMap(entry -> CLASS_NAME
                            .matcher(((Utf8Entry) entry).stringValue())
                            .results())
                    .forEach(match ->
                            names.add(match.group().replaceAll("/$", "").replace('/', '.')));
            return names;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
