package dev.gatun.io;

import static dev.gatun.io.FileBytes.ascii;
import static dev.gatun.io.FileBytes.concat;
import static dev.gatun.io.FileBytes.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(MemoryLeakExtension.class)
class NpzTest {
    private final Device device = Device.cpu();

    @TempDir
    private Path folder;

    private Path file(String name, byte[] bytes) {
        try {
            return Files.write(folder.resolve(name), bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String dictionary(String descr, String shape) {
        return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
    }

    private double[] values(byte[] npy) {
        try (var _ = Scope.open();
                Npz file = Npz.open(file("x.npy", npy))) {
            return file.read("x", device).toDoubles();
        }
    }

    /** The message of the first exception, by opening or by reading the only array. */
    private String problem(byte[] bytes) {
        Path path = file("x.npy", bytes);
        String message = assertThrows(MalformedFileException.class, () -> {
                    try (var _ = Scope.open();
                            Npz file = Npz.open(path)) {
                        file.read(file.names().getFirst(), device);
                    }
                })
                .getMessage();
        assertTrue(message.startsWith(path + ": "), message);
        return message.substring((path + ": ").length());
    }

    @Test
    void readsEveryTypeInBothByteOrders() {
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'<f4'", "(1,)"), new byte[] {
            0, 0, (byte) 0xc0, 0x3f
        })));
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'>f4'", "(1,)"), new byte[] {
            0x3f, (byte) 0xc0, 0, 0
        })));
        byte[] f8 = {0, 0, 0, 0, 0, 0, (byte) 0xf8, 0x3f};
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'<f8'", "(1,)"), f8)));
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'>f8'", "(1,)"), reversed(f8))));
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'<f2'", "(1,)"), (byte) 0, (byte) 0x3e)));
        assertArrayEquals(new double[] {1.5}, values(npy(dictionary("'>f2'", "(1,)"), (byte) 0x3e, (byte) 0)));
        assertArrayEquals(new double[] {0x04030201}, values(npy(dictionary("'<i4'", "(1,)"), new byte[] {1, 2, 3, 4})));
        assertArrayEquals(new double[] {0x01020304}, values(npy(dictionary("'>i4'", "(1,)"), new byte[] {1, 2, 3, 4})));
        byte[] i8 = {1, 2, 3, 0, 0, 0, 0, 0};
        assertArrayEquals(new double[] {0x030201}, values(npy(dictionary("'<i8'", "(1,)"), i8)));
        assertArrayEquals(new double[] {0x030201}, values(npy(dictionary("'>i8'", "(1,)"), reversed(i8))));
        for (String bool : List.of("'|b1'", "'?'", "'<b1'", "'>b1'")) {
            assertArrayEquals(new double[] {1, 0}, values(npy(dictionary(bool, "(2,)"), (byte) 1, (byte) 0)));
        }
        assertArrayEquals(
                values(npy(dictionary("'f4'", "(1,)"), new byte[4])),
                values(npy(dictionary("'=f4'", "(1,)"), new byte[4])));
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    @Test
    void readsEveryVersionAndShape() {
        byte[] data = {1, 0, 0, 0, 2, 0, 0, 0};
        for (int major = 1; major <= 3; major++) {
            assertArrayEquals(new double[] {1, 2}, values(npy(major, 0, dictionary("'<i4'", "(2, 1)"), data)));
        }
        assertArrayEquals(new double[] {1, 2}, values(npy(dictionary("'<i4'", "(2L,)"), data)));
        assertArrayEquals(new double[] {513}, values(npy(dictionary("'<i4'", "()"), new byte[] {1, 2, 0, 0})));
        assertArrayEquals(new double[] {}, values(npy(dictionary("'<i4'", "(3, 0)"))));
    }

    @Test
    void readsColumnMajorArraysRowMajor() {
        byte[] data = new byte[24 * 4];
        for (int i = 0; i < 24; i++) {
            data[4 * i + 3] = (byte) i;
        }
        String header = "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 3, 4)}";
        double[] expected = new double[24];
        for (int i = 0; i < 24; i++) {
            expected[i] = i / 12 + 2 * (i / 4 % 3) + 6 * (i % 4);
        }
        assertArrayEquals(expected, values(npy(header, data)));
        String flat = "{'descr': '>i4', 'fortran_order': True, 'shape': (24,)}";
        assertArrayEquals(new double[] {0, 1, 2}, Arrays.copyOf(values(npy(flat, data)), 3));
        String row = "{'descr': '>i4', 'fortran_order': True, 'shape': (1, 24)}";
        assertArrayEquals(new double[] {0, 1, 2}, Arrays.copyOf(values(npy(row, data)), 3));
        assertArrayEquals(new double[] {}, values(npy("{'descr': '>i4', 'fortran_order': True, 'shape': (2, 0)}")));
    }

    @Test
    void listsArchivesAndLeavesOtherMembersAlone() {
        byte[] one = npy(dictionary("'<f4'", "(1,)"), new byte[4]);
        byte[] text = npy(dictionary("'<U3'", "(2,)"), new byte[24]);
        Path path = file("x.npz", FileBytes.zip("b/w.npy", one, "notes.txt", ascii("hi"), "a.npy", text));
        Npz file = Npz.open(path);
        try (var _ = Scope.open()) {
            assertEquals(List.of("b/w", "a"), List.copyOf(file.names()));
            assertEquals(new TensorEntry("b/w", "<f4", DType.F32, Shape.of(1), 4), file.entry("b/w"));
            assertEquals(new TensorEntry("a", "<U3", null, Shape.of(2), 24), file.entry("a"));
            assertEquals(0, file.read("b/w", device).item());
            assertEquals(
                    path + ": no tensor named 'c' among 2: b/w, a",
                    assertThrows(IllegalArgumentException.class, () -> file.read("c", device))
                            .getMessage());
            file.close();
            file.close();
            assertEquals(
                    path + ": read after it was closed",
                    assertThrows(IllegalStateException.class, () -> file.read("b/w", device))
                            .getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'<U5'",
                "'|O'",
                "'|S3'",
                "'|u1'",
                "'<c8'",
                "'<M8[ns]'",
                "''",
                "[('a', '<f4'), ('b', '<i4', (2,))]",
                "7"
            })
    void refusesOtherTypesWhenTheyAreRead(String descr) {
        String problem = problem(npy(dictionary(descr, "(1,)"), new byte[4]));
        assertTrue(problem.startsWith("tensor 'x' has type "), problem);
        assertTrue(
                problem.endsWith(
                        ", which Gatun does not hold; it reads f8, f4, f2, i8, i4 and b1 in either byte order"),
                problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'<f4'|(3,)|<f4 [3] takes 12 bytes, but 8 follow the header",
                "'<f4'|(1,)|<f4 [1] takes 4 bytes, but 8 follow the header",
                "'<f4'|(1000000000, 1000000000)|takes 4000000000000000000 bytes, but 8 follow the header",
                "'<f4'|(2147483647, 2147483647, 2)|has more elements than 64-bit addresses reach",
                "'<f4'|(2147483648,)|expected sizes from 0 to 2147483647",
                "'<f4'|(-2,)|shape [-2]: expected sizes from 0 to 2147483647",
                "'<f4'|(True,)|shape [true], expected integers",
                "'<f4'|(2)|expected a dictionary of descr, fortran_order (True or False) and shape (a tuple)",
                "'<f4'|7 * 8|header, character 52: expected ',' or '}', found '*'",
            })
    void refusesShapesThatDoNotFit(String descr, String shape, String message) {
        String problem = problem(npy(dictionary(descr, shape), new byte[8]));
        assertTrue(problem.endsWith(message), problem);
    }

    @Test
    void refusesDamagedHeaders() {
        byte[] whole = npy(dictionary("'<f4'", "(2,)"), new byte[8]);
        for (int length = 0; length < whole.length; length++) {
            problem(Arrays.copyOf(whole, length));
        }
        assertEquals("the header is cut short", problem(Arrays.copyOf(whole, 9)));
        assertEquals("<f4 [2] takes 8 bytes, but 9 follow the header", problem(Arrays.copyOf(whole, whole.length + 1)));
        assertEquals("expected a .npz or .npy file, found the first bytes of neither", problem(ascii("hello")));
        assertEquals("format version 4.0, expected 1.0, 2.0 or 3.0", problem(npy(4, 0, "{}")));
        assertEquals("format version 1.1, expected 1.0, 2.0 or 3.0", problem(npy(1, 1, "{}")));
        byte[] absurd = npy(2, 0, "{}");
        absurd[11] = (byte) 0xff;
        assertEquals("header length 4278190082, expected at most 1048576", problem(absurd));
        for (String text : List.of(
                "{}", "[]", "{'descr': '<f4', 'shape': (2,)}", "{'descr': '<f4', 'shape': (2,), 'fortran_order': 0}")) {
            String expected = ", expected a dictionary of descr, fortran_order (True or False) and shape (a tuple)";
            assertEquals("header " + text + expected, problem(npy(text, new byte[8])));
        }
        assertEquals(
                "header, character 0: expected a value, found '_'",
                problem(npy("__import__('os').system('true')", new byte[8])));
    }

    @Test
    void refusesDamagedArchives() {
        byte[] array = npy(dictionary("'<f4'", "(2000,)"), new byte[8000]);
        byte[] zip = FileBytes.zip("a.npy", array);
        for (int length = 2; length < zip.length; length++) {
            problem(Arrays.copyOf(zip, length));
        }
        assertTrue(problem(ascii("PK nothing")).startsWith("zip archive: damaged: "));
        assertEquals(
                "array 'a': expected NumPy's magic bytes at the start",
                problem(FileBytes.zip("a.npy", ascii("some text"))));
        byte[] twice = FileBytes.zip("a.npy", array, "b.npy", array);
        for (int i = 0; i < twice.length - 5; i++) {
            if (Arrays.equals(Arrays.copyOfRange(twice, i, i + 5), ascii("b.npy"))) {
                twice[i] = 'a';
            }
        }
        assertEquals("array 'a' is there twice", problem(twice));
    }

    @Test
    void refusesSizesThatTheDataDoNotHave() {
        byte[] array = npy(dictionary("'<f4'", "(2000,)"), new byte[8000]);
        String header = "array 'a': ";
        byte[] shorter = FileBytes.zip("a.npy", Arrays.copyOf(array, array.length - 1));
        assertEquals(header + "<f4 [2000] takes 8000 bytes, but 7999 follow the header", problem(shorter));
        byte[] bomb = FileBytes.zip("a.npy", npy(dictionary("'<f4'", "(250000000,)"), new byte[8000]));
        String declared = problem(withDeclaredSize(bomb, array.length - 8000 + 5 + 1_000_000_000));
        assertTrue(
                declared.matches("array 'a': declared are 10000000\\d\\d bytes, compressed to \\d+,"
                        + " which cannot be in a file of \\d+"),
                declared);
        byte[] cut = FileBytes.zip("a.npy", npy(dictionary("'<f4'", "(2001,)"), new byte[8000]));
        assertEquals(
                header + "the data end after 8000 bytes of 8004", problem(withDeclaredSize(cut, array.length + 4)));
        byte[] longer = FileBytes.zip("a.npy", npy(dictionary("'<f4'", "(1999,)"), new byte[8000]));
        assertEquals(
                header + "the data go on after the 7996 bytes of <f4 [1999]",
                problem(withDeclaredSize(longer, array.length - 4)));
    }

    /** Rewrites the uncompressed size in the central directory of an archive of one member. */
    private static byte[] withDeclaredSize(byte[] zip, int size) {
        for (int i = 0; i < zip.length - 4; i++) {
            if (Arrays.equals(Arrays.copyOfRange(zip, i, i + 4), new byte[] {'P', 'K', 1, 2})) {
                System.arraycopy(FileBytes.littleEndian(size, 4), 0, zip, i + 24, 4);
            }
        }
        return zip;
    }

    @Test
    void checksTheChecksum() {
        byte[] array = npy(dictionary("'<f4'", "(2,)"), new byte[8]);
        byte[] zip = FileBytes.zip("a.npy", array);
        for (int i = 0; i < zip.length - 4; i++) {
            if (Arrays.equals(Arrays.copyOfRange(zip, i, i + 4), new byte[] {'P', 'K', 1, 2})) {
                zip[i + 16] ^= 1;
            }
        }
        assertTrue(problem(zip).matches("array 'a': checksum [0-9a-f]{8}, expected [0-9a-f]{8}"), problem(zip));
    }

    @Test
    void refusesFilesThatCannotBeRead() {
        Path missing = folder.resolve("missing");
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> Npz.open(missing));
        assertEquals(missing + ": cannot be read: no such file or folder: " + missing, e.getMessage());
        assertThrows(UncheckedIOException.class, () -> Npz.open(folder));
    }

    @Test
    void noticesAFileThatWasCutWhileOpen() throws IOException {
        Path path = file("x.npy", npy(dictionary("'<f4'", "(2,)"), new byte[8]));
        try (var _ = Scope.open();
                Npz file = Npz.open(path)) {
            Files.write(path, Arrays.copyOf(Files.readAllBytes(path), (int) Files.size(path) - 1));
            MalformedFileException e = assertThrows(MalformedFileException.class, () -> file.read("x", device));
            assertEquals(path + ": the data end after 7 bytes of 8", e.getMessage());
        }
    }

    @Test
    void skipsNothingInFrontOfAnArray() {
        assertEquals(
                "expected a .npz or .npy file, found the first bytes of neither",
                problem(concat(new byte[1], npy(dictionary("'<f4'", "()"), new byte[4]))));
    }
}
