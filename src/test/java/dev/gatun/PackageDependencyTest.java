package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/// Reads the compiled library and compares who uses whom with the design: dependencies point one way.
class PackageDependencyTest {
    private static final Path CLASSES = Path.of("target", "classes");

    /// The packages that each package may use directly; what those may use is allowed as well.
    private static final Map<String, Set<String>> DESIGN = Map.ofEntries(
            Map.entry("dev.gatun.layout", Set.of()),
            Map.entry("dev.gatun.backend", Set.of("dev.gatun.layout")),
            Map.entry("dev.gatun.pool", Set.of("dev.gatun.backend")),
            Map.entry("dev.gatun.cpu.gemm", Set.of("dev.gatun.backend")),
            Map.entry("dev.gatun.cpu.kernel", Set.of("dev.gatun.cpu.gemm")),
            Map.entry("dev.gatun.cpu.recurrent", Set.of("dev.gatun.cpu.kernel")),
            Map.entry("dev.gatun.cpu", Set.of("dev.gatun.cpu.recurrent", "dev.gatun.pool")),
            Map.entry("dev.gatun.cuda.binding", Set.of()),
            Map.entry("dev.gatun.cuda", Set.of("dev.gatun.cuda.binding", "dev.gatun.pool")),
            Map.entry("dev.gatun.op", Set.of("dev.gatun.backend")),
            Map.entry("dev.gatun", Set.of("dev.gatun.op")),
            Map.entry("dev.gatun.nn.init", Set.of("dev.gatun")),
            Map.entry("dev.gatun.io", Set.of("dev.gatun")),
            Map.entry("dev.gatun.data", Set.of("dev.gatun")),
            Map.entry("dev.gatun.optim", Set.of("dev.gatun")),
            Map.entry("dev.gatun.nn", Set.of("dev.gatun.nn.init", "dev.gatun.io")),
            Map.entry("dev.gatun.training", Set.of("dev.gatun.nn", "dev.gatun.optim", "dev.gatun.data")));

    /// A class of ours, by its internal name: alone, in a descriptor, or in a generic signature.
    private static final Pattern CLASS_NAME = Pattern.compile("dev/gatun/(?:[a-z0-9_]+/)*(?=[A-Z])");

    @Test
    void designHasNoCycle() {
        DESIGN.keySet().forEach(name -> assertFalse(allowed(name).contains(name), name + " reaches itself"));
    }

    @Test
    void packagesUseOnlyWhatTheDesignAllows() throws IOException {
        Set<String> violations = new TreeSet<>();
        dependencies().forEach((user, used) -> {
            if (!DESIGN.containsKey(user)) {
                violations.add(user + " is not in the design");
                return;
            }
            Set<String> allowed = allowed(user);
            used.stream()
                    .filter(name -> !name.equals(user) && !allowed.contains(name))
                    .forEach(name -> violations.add(user + " → " + name));
        });
        assertEquals(Set.of(), violations);
    }

    private static Set<String> allowed(String user) {
        Set<String> reached = new HashSet<>();
        DESIGN.get(user).forEach(name -> {
            reached.add(name);
            reached.addAll(allowed(name));
        });
        return reached;
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
