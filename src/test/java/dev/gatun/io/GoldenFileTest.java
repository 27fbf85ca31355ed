package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch and NumPy wrote. */
@ExtendWith(MemoryLeakExtension.class)
class GoldenFileTest {
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

    private final Device device = Device.cpu();

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte
                [Math.toIntExact(tensor.shape().elements() * tensor.dtype().byteSize())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    @Test
    void everyFileOfPyTorchComesThroughUnchanged(@TempDir Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> tree = Files.walk(GOLDEN)) {
            files = tree.filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
        }
        assertTrue(files.size() > 10, files.toString());
        for (Path file : files) {
            Path copy = folder.resolve("copy.safetensors");
            try (var _ = Scope.open();
                    SafeTensors original = SafeTensors.open(file)) {
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                original.names().forEach(name -> tensors.put(name, original.read(name, device)));
                SafeTensors.write(copy, tensors, original.metadata());
                try (SafeTensors again = SafeTensors.open(copy)) {
                    assertEquals(original.metadata(), again.metadata());
                    assertEquals(entries(original), entries(again));
                    for (String name : original.names()) {
                        byte[] written = again.segment(name).toArray(ValueLayout.JAVA_BYTE);
                        assertArrayEquals(
                                original.segment(name).toArray(ValueLayout.JAVA_BYTE), written, file + " " + name);
                    }
                }
            }
        }
    }

    private static List<TensorEntry> entries(TensorSource source) {
        return source.names().stream().map(source::entry).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "compressed.npz"})
    void archivesHoldWhatPyTorchWrote(String archive) {
        try (var _ = Scope.open();
                SafeTensors expected = SafeTensors.open(GOLDEN.resolve("npz/arrays.safetensors"));
                Npz arrays = Npz.open(GOLDEN.resolve("npz").resolve(archive))) {
            assertEquals(
                    expected.names().stream()
                            .map(name -> name.replaceFirst("^expected\\.", ""))
                            .collect(Collectors.toSet()),
                    arrays.names());
            for (String name : arrays.names()) {
                Tensor read = arrays.read(name, device);
                Tensor wanted = expected.read("expected." + name, device);
                assertEquals(wanted.shape(), read.shape(), name);
                assertEquals(wanted.dtype(), read.dtype(), name);
                assertArrayEquals(bytes(wanted), bytes(read), name);
            }
        }
    }
}
