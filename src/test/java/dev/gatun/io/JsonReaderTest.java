package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    private static JsonReader reader(String json) {
        return new JsonReader(Path.of("x"), json.getBytes(StandardCharsets.UTF_8), 8);
    }

    private static List<String> strings(String json) {
        List<String> values = new ArrayList<>();
        JsonReader reader = reader(json);
        reader.object(key -> {
            values.add(key);
            values.add(reader.string());
        });
        reader.end();
        return values;
    }

    private static List<Long> integers(String json) {
        List<Long> values = new ArrayList<>();
        JsonReader reader = reader(json);
        reader.array(() -> values.add(reader.integer()));
        reader.end();
        return values;
    }

    private static String problem(Runnable read) {
        return assertThrows(MalformedFileException.class, read::run).getMessage();
    }

    @Test
    void readsWhatTheGrammarAllows() {
        assertEquals(List.of(), strings("{ }"));
        assertEquals(List.of("a", "b", "", ""), strings(" {\"a\" :\t\"b\"\r\n, \"\":\"\"} "));
        assertEquals(List.of(), integers("[ ]"));
        assertEquals(
                List.of(0L, -7L, Long.MAX_VALUE, Long.MIN_VALUE, 0L),
                integers("[0, -7,9223372036854775807 , -9223372036854775808,-0]"));
    }

    @Test
    void decodesEscapesAndText() {
        assertEquals(
                List.of("\"\\/\b\f\n\r\t", "A\u00e9\u20ac\ud83d\ude00é€😀\u007f"),
                strings("{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":\"\\u0041\\u00E9\\u20ac\\ud83d\\uDE00é€😀\u007f\"}"));
    }

    @Test
    void writesWhatItReads() {
        for (String text : List.of("", "plain", "\"\\/\b\f\n\r\t\0\u001f", "é€😀\u007f\u2028", "a.b[0]/{c}:,")) {
            String json = "{" + JsonWriter.string(text) + ":" + JsonWriter.string(text) + "}";
            assertEquals(List.of(text, text), strings(json));
        }
        assertThrows(IllegalArgumentException.class, () -> JsonWriter.string("\ud83d"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1]|expected an object, found '['",
                "`{\"a\":\"b\"`|expected ',' or '}', found the end",
                "`{\"a\" \"b\"}`|expected ':', found '\"'",
                "`{\"a\":1}`|expected a string, found '1'",
                "`{\"a\":null}`|expected a string, found 'n'",
                "`{\"a\":\"b\",}`|expected a string, found '}'",
                "`{,}`|expected a string, found ','",
                "`{a:\"b\"}`|expected a string, found 'a'",
                "`{'a':\"b\"}`|expected a string, found '''",
                "`{\"a\":\"b\"} x`|expected the end, found 'x'",
                "`{\"a\":\"b\"}{}`|expected the end, found '{'",
                "`{\"a\":\"b\",\"\\u0061\":\"c\"}`|key 'a' is there twice",
                "`{\"a`|byte 9: string without an end",
                "`{\"a\\`|unknown escape '\\'",
                "`{\"\\x41\":\"\"}`|unknown escape '\\x'",
                "`{\"\\u12g4\":\"\"}`|expected four hexadecimal digits",
                "`{\"\\u12`|expected four hexadecimal digits",
                "`{\"\\ud83d\":\"\"}`|half of a surrogate pair: '\\ud83d'",
                "`{\"\\ude00\":\"\"}`|half of a surrogate pair: '\\ude00'",
                "`{\"\\ud83d\\u0041\":\"\"}`|half of a surrogate pair",
                "`{\"\\ud83d\\ud83d\":\"\"}`|half of a surrogate pair",
            })
    void refusesOtherObjects(String json, String message) {
        String problem = problem(() -> strings(json));
        assertTrue(problem.startsWith("x: header, byte ") && problem.contains(message), problem);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|expected an array, found '{'",
                "[1|expected ',' or ']', found the end",
                "[1 2]|expected ',' or ']', found '2'",
                "[1,]|expected an integer, found ']'",
                "[|expected an integer, found the end",
                "[[1]]|expected an integer, found '['",
                "['1']|expected an integer, found '''",
                "[true]|expected an integer, found 't'",
                "[-]|expected an integer, found '-'",
                "[+1]|expected an integer, found '+'",
                "[NaN]|expected an integer, found 'N'",
                "[1.5]|byte 9: expected an integer, found '1.5'",
                "[1e3]|expected an integer, found '1e3'",
                "[01]|expected an integer, found '01'",
                "[-00]|expected an integer, found '-00'",
                "[0x10]|expected ',' or ']', found 'x'",
                "[9223372036854775808]|integer 9223372036854775808 does not fit 64 bits",
                "[-9223372036854775809]|integer -9223372036854775809 does not fit 64 bits",
            })
    void refusesOtherArrays(String json, String message) {
        String problem = problem(() -> integers(json));
        assertTrue(problem.startsWith("x: header, byte ") && problem.contains(message), problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "\n", "\u001f"})
    void refusesControlCharactersInText(String control) {
        String problem = problem(() -> strings("{\"a" + control + "\":\"\"}"));
        assertEquals(
                "x: header, byte 11: control character 0x%02x in a string".formatted((int) control.charAt(0)), problem);
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        int[][] invalid = {{0xff}, {0xc3}, {0xc0, 0x80}, {0xed, 0xa0, 0x80}, {0xf5, 0x80, 0x80, 0x80}};
        for (int[] bytes : invalid) {
            String json = "{\"ab";
            byte[] file = new byte[json.length() + bytes.length + 1];
            System.arraycopy(json.getBytes(StandardCharsets.US_ASCII), 0, file, 0, json.length());
            for (int i = 0; i < bytes.length; i++) {
                file[json.length() + i] = (byte) bytes[i];
            }
            file[file.length - 1] = '"';
            String problem = problem(() -> new JsonReader(Path.of("x"), file, 8).object(key -> {}));
            assertEquals("x: header, byte 12: not UTF-8", problem);
        }
        assertEquals(
                "x: header, byte 8: expected an object, found '0xff'",
                problem(() -> new JsonReader(Path.of("x"), new byte[] {(byte) 0xff}, 8).object(key -> {})));
    }
}
