package dev.gatun.cuda.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Says of the bindings what `native/abi` says of NVIDIA's headers, and compares: every constant, the types of every
/// function,
/// size, alignment and offsets of every structure.
class BindingAbiTest {
    private static final Path EXPECTED = Path.of("src", "test", "resources", "abi", "cuda-13.txt");
    private static final Path BINDINGS = Path.of("src", "generated", "java", "dev", "gatun", "cuda", "binding");
    private static final Set<String> LIBRARIES = Set.of("Cudart", "Cublas", "Cudnn", "Nvrtc");

    /// A function's types stand in a class that cannot be initialised without the library: they are read from the
    /// source.
    private static final Pattern DESCRIPTOR =
            Pattern.compile("class (\\w+) \\{\\s+public static final FunctionDescriptor DESC = FunctionDescriptor.of"
                    + "(Void)?\\(([^;]*)\\);");

    private static final Pattern TYPE = Pattern.compile("\\w+\\.(C_\\w+)|(\\w+)\\.layout\\(\\)");

    @Test
    void bindingsAgreeWithTheHeaders() throws ReflectiveOperationException, IOException {
        Set<String> bound = new TreeSet<>();
        for (String name : classes()) {
            bound.addAll(LIBRARIES.contains(name) ? library(name) : structure(name));
        }
        Set<String> expected = new TreeSet<>(Files.readAllLines(EXPECTED));
        assertEquals(
                without(expected, bound), without(bound, expected), "what the headers say, and what the bindings say");
    }

    private static Set<String> classes() throws IOException {
        try (Stream<Path> files = Files.list(BINDINGS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".java") && !file.equals("Binding.java"))
                    .map(file -> file.replace(".java", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static List<String> library(String name) throws ReflectiveOperationException, IOException {
        List<String> lines = new ArrayList<>();
        Map<String, FunctionDescriptor> functions = functions(name);
        for (Method method : binding(name).getMethods()) {
            FunctionDescriptor types = functions.get(method.getName());
            if (types != null) {
                lines.add(name + " function " + method.getName() + " " + passedAs(types));
                assertEquals(types.toMethodType().parameterList(), Arrays.asList(method.getParameterTypes()));
                assertEquals(types.toMethodType().returnType(), method.getReturnType());
            } else if (Modifier.isStatic(method.getModifiers())
                    && !method.getName().contains("$")) {
                lines.add(name + " constant " + method.getName() + " " + ((Number) method.invoke(null)).longValue());
            }
        }
        return lines;
    }

    private static Map<String, FunctionDescriptor> functions(String name)
            throws ReflectiveOperationException, IOException {
        Map<String, FunctionDescriptor> functions = new HashMap<>();
        Matcher descriptors = DESCRIPTOR.matcher(Files.readString(BINDINGS.resolve(name + ".java")));
        while (descriptors.find()) {
            List<MemoryLayout> types = new ArrayList<>();
            Matcher type = TYPE.matcher(descriptors.group(3));
            while (type.find()) {
                types.add(
                        type.group(1) != null
                                ? (MemoryLayout)
                                        Binding.class.getField(type.group(1)).get(null)
                                : layout(type.group(2)));
            }
            MemoryLayout[] all = types.toArray(MemoryLayout[]::new);
            functions.put(
                    descriptors.group(1),
                    descriptors.group(2) != null
                            ? FunctionDescriptor.ofVoid(all)
                            : FunctionDescriptor.of(all[0], Arrays.copyOfRange(all, 1, all.length)));
        }
        return functions;
    }

    private static List<String> structure(String name) throws ReflectiveOperationException {
        List<String> lines = new ArrayList<>();
        lines.add(name + " structure " + layout(name).byteSize() + " "
                + layout(name).byteAlignment());
        for (Method method : binding(name).getMethods()) {
            if (method.getName().endsWith("$offset")) {
                String field = method.getName().replace("$offset", "");
                var type = (MemoryLayout)
                        binding(name).getMethod(field + "$layout").invoke(null);
                lines.add(name + " field " + field + " " + method.invoke(null) + " " + type.byteSize());
            }
        }
        return lines;
    }

    private static String passedAs(FunctionDescriptor types) {
        String result = types.returnLayout().map(BindingAbiTest::passedAs).orElse("void");
        return Stream.concat(Stream.of(result), types.argumentLayouts().stream().map(BindingAbiTest::passedAs))
                .collect(Collectors.joining(" "));
    }

    private static String passedAs(MemoryLayout type) {
        return switch (type) {
            case AddressLayout _ -> "pointer";
            case ValueLayout.OfFloat _, ValueLayout.OfDouble _ -> "float" + 8 * type.byteSize();
            case GroupLayout _ -> "structure" + 8 * type.byteSize();
            default -> "int" + 8 * type.byteSize();
        };
    }

    private static MemoryLayout layout(String structure) throws ReflectiveOperationException {
        return (MemoryLayout) binding(structure).getMethod("layout").invoke(null);
    }

    private static Class<?> binding(String name) throws ClassNotFoundException {
        return Class.forName(BindingAbiTest.class.getPackageName() + "." + name);
    }

    private static Set<String> without(Set<String> lines, Set<String> others) {
        Set<String> rest = new TreeSet<>(lines);
        rest.removeAll(others);
        return rest;
    }
}
