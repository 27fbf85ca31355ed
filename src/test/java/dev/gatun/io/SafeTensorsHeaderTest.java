package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsHeaderTest {
    @TempDir
    private Path folder;

    private Path file(byte[] bytes) {
        try {
            return Files.write(folder.resolve("x.safetensors"), bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String problem(byte[] bytes) {
        Path file = file(bytes);
        String message = assertThrows(
                        MalformedFileException.class,
                        () -> SafeTensors.open(file).close())
                .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        return message.substring((file + ": ").length());
    }

    private static String tensor(String dtype, String shape, String offsets) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    @Test
    void readsEntriesInTheHeadersOrder() {
        String header = "{\"b\": " + tensor("F32", "[2, 3]", "[8,32]") + ",\"__metadata__\":{\"k\":\"v\",\"a\":\"\"},"
                + "\"a\":" + tensor("I64", "[]", "[0,8]") + ",\"\":" + tensor("U8", "[3]", "[32,35]")
                + ",\"e\":" + tensor("F64", "[0,7]", "[35,35]") + ",\"n\":" + tensor("F4", "[2,3]", "[35,38]")
                + ",\"future\":" + tensor("F2_X", "[9]", "[38,39]") + "}   ";
        try (SafeTensors file = SafeTensors.open(file(FileBytes.safeTensors(header, 39)))) {
            assertEquals(List.of("b", "a", "", "e", "n", "future"), List.copyOf(file.names()));
            assertEquals(new TensorEntry("b", "F32", DType.F32, Shape.of(2, 3), 24), file.entry("b"));
            assertEquals(new TensorEntry("a", "I64", DType.I64, Shape.SCALAR, 8), file.entry("a"));
            assertEquals(new TensorEntry("", "U8", null, Shape.of(3), 3), file.entry(""));
            assertEquals(new TensorEntry("e", "F64", DType.F64, Shape.of(0, 7), 0), file.entry("e"));
            assertEquals(new TensorEntry("n", "F4", null, Shape.of(2, 3), 3), file.entry("n"));
            assertEquals(new TensorEntry("future", "F2_X", null, Shape.of(9), 1), file.entry("future"));
            assertEquals(List.of("k", "a"), List.copyOf(file.metadata().keySet()));
            assertEquals("v", file.metadata().get("k"));
        }
    }

    @Test
    void readsAFileWithoutTensors() {
        try (SafeTensors file = SafeTensors.open(file(FileBytes.safeTensors("{}", 0)))) {
            assertEquals(List.of(), List.copyOf(file.names()));
            assertEquals(List.of(), List.copyOf(file.metadata().keySet()));
        }
    }

    @Test
    void refusesEveryShorterFile() {
        byte[] whole = FileBytes.safeTensors("{\"a\":" + tensor("F32", "[2]", "[0,8]") + "}", 8);
        for (int length = 0; length < whole.length; length++) {
            problem(Arrays.copyOf(whole, length));
        }
        assertEquals("expected 8 bytes of header length, the file has 0 bytes", problem(new byte[0]));
        assertEquals("expected 8 bytes of header length, the file has 7 bytes", problem(new byte[7]));
        assertEquals(
                "tensor 'a': data_offsets [0, 8] end past the data, which have 7 bytes",
                problem(Arrays.copyOf(whole, whole.length - 1)));
        assertEquals(
                "1 trailing bytes: the data have 9, the tensors end at 8",
                problem(Arrays.copyOf(whole, whole.length + 1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|header, byte 8: expected '{'",
                "3|header length 3 at byte 0, but only 2 bytes follow",
                "100000000|header length 100000000 at byte 0, but only 2 bytes follow",
                "100000001|header length 100000001 at byte 0, expected at most 100000000",
                "9223372036854775807|header length 9223372036854775807 at byte 0, expected at most 100000000",
                "-1|header length 18446744073709551615 at byte 0, expected at most 100000000",
                "-9223372036854775808|header length 9223372036854775808 at byte 0, expected at most 100000000",
            })
    void refusesAbsurdHeaderLengths(long length, String message) {
        assertEquals(message, problem(FileBytes.concat(FileBytes.littleEndian(length, 8), FileBytes.ascii("{}"))));
    }

    @Test
    void refusesHeadersThatAreNotAJsonObject() {
        assertEquals("header, byte 8: expected '{'", problem(FileBytes.safeTensors(" {}", 0)));
        assertEquals("header, byte 8: expected '{'", problem(FileBytes.safeTensors("[]", 0)));
        assertEquals("header, byte 10: expected the end, found '0x00'", problem(FileBytes.safeTensors("{}\0", 0)));
        byte[] notUtf8 = FileBytes.safeTensors("{\"?\":{}}", 0);
        notUtf8[10] = (byte) 0xff;
        assertEquals("header, byte 10: not UTF-8", problem(notUtf8));
        assertEquals(
                "header, byte 9: expected a string, found '{'", problem(FileBytes.safeTensors("{".repeat(100_000), 0)));
    }

    @Test
    void refusesDuplicates() {
        String a = "\"a\":" + tensor("F32", "[0]", "[0,0]");
        assertTrue(problem(FileBytes.safeTensors("{" + a + "," + a + "}", 0)).endsWith("key 'a' is there twice"));
        String metadata = "\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}";
        assertTrue(problem(FileBytes.safeTensors("{" + metadata + "}", 0)).endsWith("key 'k' is there twice"));
        String field = "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}";
        assertTrue(problem(FileBytes.safeTensors(field, 4)).endsWith("key 'dtype' is there twice"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{}`|tensor 'a': expected dtype, shape and data_offsets",
                "`{\"dtype\":\"F32\",\"shape\":[1]}`|tensor 'a': expected dtype, shape and data_offsets",
                "`{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"strides\":[1]}`|tensor 'a': unknown field"
                        + " 'strides'",
                "`{\"dtype\":1}`|expected a string, found '1'",
                "`{\"shape\":{}}`|expected an array, found '{'",
                "`{\"shape\":[[1]]}`|expected an integer, found '['",
                "`{\"shape\":[1.0]}`|expected an integer, found '1.0'",
                "`[]`|expected an object, found '['",
                "`null`|expected an object, found 'n'",
            })
    void refusesOtherFields(String tensor, String message) {
        String problem = problem(FileBytes.safeTensors("{\"a\":" + tensor + "}", 4));
        assertTrue(problem.startsWith("header, byte ") && problem.endsWith(message), problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "F32|[-1]|[0,4]|shape [-1]: expected sizes from 0 to 2147483647",
                "F32|[2147483648]|[0,4]|shape [2147483648]: expected sizes from 0 to 2147483647",
                "F32|[18446744073709551617]|[0,4]|integer 18446744073709551617 does not fit 64 bits",
                "F32|[2147483647,2147483647,2]|[0,4]|has more elements than 64-bit addresses reach",
                "F32|[0,2147483647,2147483647,2]|[0,0]|has more elements than 64-bit addresses reach",
                "F32|[65536,65536,65536,65536]|[0,4]|has more elements than 64-bit addresses reach",
                "F32|[1]|[]|data_offsets [], expected [begin, end] with 0 ≤ begin ≤ end",
                "F32|[1]|[4]|data_offsets [4], expected [begin, end] with 0 ≤ begin ≤ end",
                "F32|[1]|[0,4,8]|data_offsets [0, 4, 8], expected [begin, end] with 0 ≤ begin ≤ end",
                "F32|[1]|[-4,0]|data_offsets [-4, 0], expected [begin, end] with 0 ≤ begin ≤ end",
                "F32|[1]|[4,0]|data_offsets [4, 0], expected [begin, end] with 0 ≤ begin ≤ end",
                "F32|[1]|[0,9223372036854775807]|data_offsets hold 9223372036854775807 bytes, but F32 [1] takes 4",
                "F32|[2]|[0,4]|data_offsets hold 4 bytes, but F32 [2] takes 8",
                "F64|[1]|[0,4]|data_offsets hold 4 bytes, but F64 [1] takes 8",
                "BF16|[]|[0,4]|data_offsets hold 4 bytes, but BF16 [] takes 2",
                "BOOL|[3]|[0,4]|data_offsets hold 4 bytes, but BOOL [3] takes 3",
                "U8|[3]|[0,4]|data_offsets hold 4 bytes, but U8 [3] takes 3",
                "F4|[7]|[0,4]|data_offsets hold 4 bytes, but F4 [7] takes 4",
                "F32|[1]|[1,5]|data_offsets [1, 5] end past the data, which have 4 bytes",
                "F32|[0]|[4,4]|data_offsets [4, 4] leave a hole after the start of the data, which ends at 0",
                "F32|[1]|[9223372036854775803,9223372036854775807]|end past the data, which have 4 bytes",
            })
    void refusesShapesAndOffsetsThatDoNotFit(String dtype, String shape, String offsets, String message) {
        String problem = problem(FileBytes.safeTensors("{\"a\":" + tensor(dtype, shape, offsets) + "}", 4));
        assertTrue(
                problem.endsWith(message) && (problem.contains("tensor 'a': ") || problem.contains("byte ")), problem);
    }

    @Test
    void refusesMoreAxesThanAnybodyHas() {
        String ones = "[" + "1,".repeat(64) + "1]";
        String problem = problem(FileBytes.safeTensors("{\"a\":" + tensor("F32", ones, "[0,4]") + "}", 4));
        assertTrue(problem.endsWith("tensor 'a': shape has 65 axes, expected at most 64"), problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[0,8]|[4,12]|tensor 'b': data_offsets [4, 12] overlap with tensor 'a', which ends at 8",
                "[0,8]|[0,8]|tensor 'b': data_offsets [0, 8] overlap with tensor 'a', which ends at 8",
                "[0,8]|[10,18]|tensor 'b': data_offsets [10, 18] leave a hole after tensor 'a', which ends at 8",
                "[16,24]|[0,8]|tensor 'a': data_offsets [16, 24] leave a hole after tensor 'b', which ends at 8",
                "[4,12]|[12,20]|tensor 'a': data_offsets [4, 12] leave a hole after the start of the data, which ends"
                        + " at 0",
                "[0,8]|[8,16]|8 trailing bytes: the data have 24, the tensors end at 16",
            })
    void refusesOverlapsAndHoles(String first, String second, String message) {
        String header = "{\"a\":" + tensor("F32", "[2]", first) + ",\"b\":" + tensor("I64", "[1]", second) + "}";
        assertEquals(message, problem(FileBytes.safeTensors(header, 24)));
    }

    @Test
    void refusesMetadataThatIsNotText() {
        assertTrue(problem(FileBytes.safeTensors("{\"__metadata__\":{\"k\":1}}", 0))
                .endsWith("expected a string, found '1'"));
        assertTrue(
                problem(FileBytes.safeTensors("{\"__metadata__\":[]}", 0)).endsWith("expected an object, found '['"));
    }
}
