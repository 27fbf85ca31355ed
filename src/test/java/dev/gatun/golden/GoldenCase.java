package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.io.SafeTensors;
import dev.gatun.io.TensorEntry;
import dev.gatun.io.TensorSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One golden file: a module with its options, inputs and parameters, and what PyTorch made of them. The folder's
/// README describes it.
public final class GoldenCase implements AutoCloseable {
    private static final Path FOLDER = Path.of("src", "test", "resources", "golden");

    private final String path;
    private final SafeTensors file;

    private GoldenCase(String path, SafeTensors file) {
        this.path = path;
        this.file = file;
    }

    /// Opens a case by its path without extension, such as `attention/self`.
    public static GoldenCase open(String path) {
        return new GoldenCase(path, SafeTensors.open(FOLDER.resolve(path + ".safetensors")));
    }

    /// The paths of all cases of a family, such as `attention`, from the index; there is at least one.
    public static List<String> family(String family) {
        String extension = ".safetensors";
        try (var lines = Files.lines(FOLDER.resolve("index.txt"))) {
            List<String> paths = lines.filter(line -> line.startsWith(family + "/"))
                    .map(line -> line.substring(0, line.length() - extension.length()))
                    .toList();
            assertFalse(paths.isEmpty(), "no golden case in " + family);
            return paths;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The path without extension.
    public String path() {
        return path;
    }

    /// PyTorch's name of the module.
    public String module() {
        return text("module");
    }

    /// Whether an option is given.
    public boolean has(String option) {
        return file.metadata().containsKey(option);
    }

    /// An option as text.
    public String text(String option) {
        String value = file.metadata().get(option);
        if (value == null) {
            throw new AssertionError(path + ": no option " + option + " among " + file.metadata());
        }
        return value;
    }

    /// An option that is true or false.
    public boolean flag(String option) {
        return switch (text(option)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new AssertionError(path + ": " + option + " is " + text(option));
        };
    }

    /// An option that is an integer.
    public int integer(String option) {
        return Integer.parseInt(text(option));
    }

    /// An option that is a number.
    public double number(String option) {
        return Double.parseDouble(text(option));
    }

    /// An option that is one integer or several.
    public int[] integers(String option) {
        return List.of(text(option).split(",")).stream()
                .mapToInt(Integer::parseInt)
                .toArray();
    }

    /// The names after a prefix, such as `output.`, in the file's order.
    public List<String> names(String prefix) {
        return file.names().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }

    /// A tensor by its full name, such as `output.y`, in the current scope.
    public Tensor read(String name, Device device) {
        return file.read(name, device);
    }

    /// A tensor by its full name, or null where the case has none.
    public @Nullable Tensor readOrNull(String name, Device device) {
        return file.names().contains(name) ? read(name, device) : null;
    }

    /// All tensors after a prefix, such as `input.`, by what follows it, in the current scope.
    public SequencedMap<String, Tensor> readAll(String prefix, Device device) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        names(prefix).forEach(name -> tensors.put(name, read(prefix + name, device)));
        return tensors;
    }

    /// The parameters as a module loads them.
    public TensorSource parameters() {
        return new Renamed(file, "parameter.");
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public String toString() {
        return path;
    }

    /// The part of a source whose names start with a prefix, without it.
    private record Renamed(TensorSource whole, String prefix) implements TensorSource {
        @Override
        public SequencedSet<String> names() {
            return whole.names().stream()
                    .filter(name -> name.startsWith(prefix))
                    .map(name -> name.substring(prefix.length()))
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }

        @Override
        public TensorEntry entry(String name) {
            return whole.entry(prefix + name);
        }

        @Override
        public Tensor read(String name, Device device) {
            return whole.read(prefix + name, device);
        }

        @Override
        public void close() {}

        @Override
        public String toString() {
            return whole.toString();
        }
    }
}
