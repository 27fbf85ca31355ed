package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.text.ParseException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonLiteralTest {
    @Test
    void readsWhatHeadersHold() throws ParseException {
        assertEquals(
                Map.of("descr", "<f4", "fortran_order", false, "shape", List.of(3L, 5L)),
                PythonLiteral.parse(" {'descr': '<f4', 'fortran_order': False, \"shape\": (3, 5L), }\n"));
        assertEquals(List.of(), PythonLiteral.parse("()"));
        assertEquals(List.of(7L), PythonLiteral.parse("(7,)"));
        assertEquals(7L, PythonLiteral.parse("(7)"));
        assertEquals(List.of(7L), PythonLiteral.parse("[7]"));
        assertEquals(List.of(-7L, true, "it\\'s"), PythonLiteral.parse("[-7, True, 'it\\'s']"));
        assertEquals(List.of(List.of("a", "<f4", List.of(2L))), PythonLiteral.parse("[('a', '<f4', (2,))]"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|0|expected a value, found the end",
                "(1|2|expected ',' or ')', found the end",
                "(1 2)|3|expected ',' or ')', found '2'",
                "(,)|1|expected a value, found ','",
                "[1,,2]|3|expected a value, found ','",
                "{'a' 1}|5|expected ':', found '1'",
                "{1: 2}|1|expected a string, found '1'",
                "{'a': 1, 'a': 2}|9|key 'a' is there twice",
                "'abc|0|string without an end",
                "'abc\\|0|string without an end",
                "Tru|0|expected True, found 'T'",
                "True x|5|expected the end, found 'x'",
                "None|0|expected a value, found 'N'",
                "__import__('os')|0|expected a value, found '_'",
                "[1+1]|2|expected ',' or ']', found '+'",
                "1.5|1|expected the end, found '.'",
                "-|0|expected a value, found '-'",
                "9223372036854775808|0|expected a value, found '9'",
            })
    void refusesAnythingElse(String text, int offset, String message) {
        ParseException e = assertThrows(ParseException.class, () -> PythonLiteral.parse(text));
        assertEquals(message, e.getMessage());
        assertEquals(offset, e.getErrorOffset());
    }

    @Test
    void refusesDeepNesting() {
        ParseException e = assertThrows(ParseException.class, () -> PythonLiteral.parse("(".repeat(500_000)));
        assertEquals("nested deeper than 16", e.getMessage());
        assertThrows(ParseException.class, () -> PythonLiteral.parse("{'a':".repeat(500_000)));
    }
}
