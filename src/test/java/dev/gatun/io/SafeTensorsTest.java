package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(MemoryLeakExtension.class)
class SafeTensorsTest {
    private final Device device = Device.cpu();

    @TempDir
    private Path folder;

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte
                [Math.toIntExact(tensor.shape().elements() * tensor.dtype().byteSize())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    private Tensor random(DType dtype, int... sizes) {
        Shape shape = Shape.of(sizes);
        byte[] bytes = new byte[Math.toIntExact(shape.elements() * dtype.byteSize())];
        new Random(shape.hashCode()).nextBytes(bytes);
        if (dtype == DType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        return Tensor.copyOf(device, MemorySegment.ofArray(bytes), dtype, shape);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void givesBackEveryTypeBitForBit(DType dtype) {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (int[] sizes : new int[][] {{}, {0}, {1}, {7}, {3, 5}, {4, 0, 2}, {2, 3, 1, 5}}) {
                tensors.put(Arrays.toString(sizes), random(dtype, sizes));
            }
            SafeTensors.write(path, tensors, Map.of());
            try (SafeTensors file = SafeTensors.open(path)) {
                assertEquals(List.copyOf(tensors.keySet()), List.copyOf(file.names()));
                tensors.forEach((name, tensor) -> {
                    Tensor read = file.read(name, device);
                    assertEquals(dtype, read.dtype());
                    assertEquals(tensor.shape(), read.shape());
                    assertArrayEquals(bytes(tensor), bytes(read));
                    assertEquals(
                            new TensorEntry(name, dtype.name(), dtype, tensor.shape(), bytes(tensor).length),
                            file.entry(name));
                });
            }
        }
    }

    @Test
    void keepsNamesOrderAndMetadata() {
        Path path = folder.resolve("x.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        try (var _ = Scope.open()) {
            List<String> names =
                    List.of("z", "a", "", " a ", "layers.0.\"w\"\\", "名前 é😀", "tab\tand\nline\0", "[0]{}:,");
            for (String name : names) {
                tensors.put(name, random(tensors.size() % 2 == 0 ? DType.F32 : DType.BOOL, 3));
                metadata.put(name, name + "!");
            }
            SafeTensors.write(path, tensors, metadata);
            try (SafeTensors file = SafeTensors.open(path)) {
                assertEquals(names, List.copyOf(file.names()));
                assertEquals(
                        List.copyOf(metadata.entrySet()),
                        List.copyOf(file.metadata().entrySet()));
                names.forEach(name -> assertArrayEquals(bytes(tensors.get(name)), bytes(file.read(name, device))));
            }
        }
    }

    @Test
    void writesTheBytesOfTheFormat() throws IOException {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("flag", Tensor.of(device, new boolean[] {true, false, true}, 3));
            tensors.put("w", Tensor.of(device, new float[] {1, -2}, 1, 2));
            SafeTensors.write(path, tensors, Map.of("format", "pt"));
        }
        String json =
                "{\"__metadata__\":{\"format\":\"pt\"},\"flag\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[8,11]},"
                    + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}";
        String padded = json + " ".repeat(7 - (json.length() + 7) % 8);
        byte[] expected = FileBytes.safeTensors(padded, 0);
        byte[] data = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0, 1, 0, 1};
        assertEquals(0, padded.length() % 8);
        assertArrayEquals(FileBytes.concat(expected, data), Files.readAllBytes(path));
    }

    @Test
    void writesAnyStridesRowMajor() {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("transposed", x.transpose(0, 1));
            tensors.put("column", x.select(1, 2));
            tensors.put("repeated", x.select(0, 1).broadcastTo(2, 3));
            tensors.put("same", x);
            tensors.put("again", x);
            SafeTensors.write(path, tensors, Map.of());
            try (SafeTensors file = SafeTensors.open(path)) {
                assertArrayEquals(
                        new float[] {0, 3, 1, 4, 2, 5},
                        file.read("transposed", device).toFloats());
                assertArrayEquals(
                        new float[] {2, 5}, file.read("column", device).toFloats());
                assertArrayEquals(
                        new float[] {3, 4, 5, 3, 4, 5},
                        file.read("repeated", device).toFloats());
                assertArrayEquals(x.toFloats(), file.read("again", device).toFloats());
            }
        }
    }

    @Test
    void alignsEveryTensorToItsElements() {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (DType dtype : DType.values()) {
                tensors.put(dtype.name(), random(dtype, 3));
            }
            SafeTensors.write(path, tensors, Map.of("odd", "1"));
            try (SafeTensors file = SafeTensors.open(path)) {
                tensors.forEach((name, tensor) -> assertEquals(
                        0, file.segment(name).address() % tensor.dtype().byteSize(), name));
            }
        }
    }

    @Test
    void readsDataAtAnyAlignment() throws IOException {
        Path path = folder.resolve("x.safetensors");
        String header = "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[1,9]}}";
        byte[] bytes = FileBytes.safeTensors(header, 9);
        bytes[bytes.length - 1] = 0x40;
        Files.write(path, bytes);
        try (var _ = Scope.open();
                SafeTensors file = SafeTensors.open(path)) {
            assertArrayEquals(new double[] {2}, file.read("b", device).toDoubles());
        }
    }

    @Test
    void refusesTypesThatGatunDoesNotHoldOnlyWhenTheyAreRead() throws IOException {
        Path path = folder.resolve("x.safetensors");
        String header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
        byte[] bytes = FileBytes.safeTensors(header, 6);
        bytes[bytes.length - 1] = 42;
        Files.write(path, bytes);
        try (var _ = Scope.open();
                SafeTensors file = SafeTensors.open(path)) {
            assertEquals(0, file.read("b", device).item());
            MalformedFileException e = assertThrows(MalformedFileException.class, () -> file.read("a", device));
            assertEquals(
                    path
                            + ": tensor 'a' has type U8, which Gatun does not hold; it reads F64, F32, F16, BF16, I64,"
                            + " I32 and BOOL",
                    e.getMessage());
            assertEquals(42, file.segment("a").get(ValueLayout.JAVA_BYTE, 1));
        }
    }

    @Test
    void segmentsAreReadOnlyAndEndWithTheFile() {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2}, 2);
            SafeTensors.write(path, Map.of("x", x), Map.of());
            SafeTensors file = SafeTensors.open(path);
            MemorySegment segment = file.segment("x");
            assertArrayEquals(bytes(x), segment.toArray(ValueLayout.JAVA_BYTE));
            assertTrue(segment.isReadOnly());
            Tensor read = file.read("x", device);
            file.close();
            file.close();
            assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> file.read("x", device));
            assertEquals(path + ": read after it was closed", e.getMessage());
            assertEquals(DType.F32, file.entry("x").dtype());
            assertArrayEquals(new float[] {1, 2}, read.toFloats());
        }
    }

    @Test
    void servesManyThreads() {
        Path path = folder.resolve("x.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (var _ = Scope.open()) {
            for (int i = 0; i < 40; i++) {
                tensors.put("w" + i, random(DType.F32, 100 + i));
            }
            SafeTensors.write(path, tensors, Map.of());
            Map<String, byte[]> expected = new LinkedHashMap<>();
            tensors.forEach((name, tensor) -> expected.put(name, bytes(tensor)));
            try (SafeTensors file = SafeTensors.open(path)) {
                boolean equal = expected.keySet().parallelStream().allMatch(name -> {
                    try (var _ = Scope.open()) {
                        return Arrays.equals(expected.get(name), bytes(file.read(name, device)));
                    }
                });
                assertTrue(equal);
            }
        }
    }

    @Test
    void namesWhatIsThereWhenATensorIsNot() {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            SafeTensors.write(path, Map.of("x", Tensor.zeros(device, 1)), Map.of());
            try (SafeTensors file = SafeTensors.open(path)) {
                var e = assertThrows(IllegalArgumentException.class, () -> file.entry("y"));
                assertEquals(path + ": no tensor named 'y' among 1: x", e.getMessage());
                assertThrows(IllegalArgumentException.class, () -> file.read("y", device));
                assertThrows(IllegalArgumentException.class, () -> file.segment("y"));
            }
        }
    }

    @Test
    void refusesFilesThatCannotBeRead() {
        Path missing = folder.resolve("missing");
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> SafeTensors.open(missing));
        assertEquals(missing + ": cannot be read: no such file or folder: " + missing, e.getMessage());
        e = assertThrows(UncheckedIOException.class, () -> SafeTensors.open(folder));
        assertTrue(e.getMessage().startsWith(folder + ": cannot be read: "), e.getMessage());
    }

    @Test
    void leavesTheOldFileWhenATensorIsClosedMidway() throws IOException {
        Path path = Files.writeString(folder.resolve("x.safetensors"), "old");
        try (var _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("open", Tensor.of(device, new float[1000], 1000));
            tensors.put("closed", Tensor.of(device, new float[1000], 1000));
            tensors.get("closed").close();
            assertThrows(IllegalStateException.class, () -> SafeTensors.write(path, tensors, Map.of()));
        }
        assertEquals("old", Files.readString(path));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(path), files.toList());
        }
    }

    @Test
    void refusesNamesThatTheFormatCannotHold() {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            Tensor x = Tensor.of(device, new float[1], 1);
            var e = assertThrows(
                    IllegalArgumentException.class, () -> SafeTensors.write(path, Map.of("__metadata__", x), Map.of()));
            assertEquals("safetensors: no tensor can be named __metadata__, which names the metadata", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> SafeTensors.write(path, Map.of("\ude00", x), Map.of()));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> SafeTensors.write(path, Map.of("x", x), Map.of("k", "\ud83d")));
        }
        assertTrue(Files.notExists(path));
    }

    @Test
    void dropsTheMappingOfAForgottenFile() throws InterruptedException {
        Path path = folder.resolve("x.safetensors");
        try (var _ = Scope.open()) {
            SafeTensors.write(path, Map.of("x", Tensor.of(device, new float[1], 1)), Map.of());
        }
        MemorySegment forgotten = SafeTensors.open(path).segment("x");
        long giveUp = System.nanoTime() + 20_000_000_000L;
        while (forgotten.scope().isAlive() && System.nanoTime() < giveUp) {
            System.gc();
            Thread.sleep(10);
        }
        assertFalse(forgotten.scope().isAlive());
    }
}
