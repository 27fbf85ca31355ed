package dev.gatun.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The command line, up to where a command begins its work.
class GatunTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return new Gatun(
                        new PrintStream(output, true, StandardCharsets.UTF_8),
                        new PrintStream(errors, true, StandardCharsets.UTF_8))
                .run(List.of(arguments));
    }

    private String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    @Test
    void helpIsPrinted() {
        assertEquals(0, run("--help"));
        assertTrue(text(output).startsWith("usage: java -jar gatun.jar COMMAND\n"), text(output));
        assertEquals("", text(errors));
    }

    @Test
    void versionIsTheModules() {
        assertEquals(0, run("--version"));
        assertTrue(text(output).matches("gatun \\d+\\.\\d+\\.\\d+.*\n"), text(output));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                    | a command is missing",
                "cure                  | there is no command 'cure'",
                "--help me             | --help stands alone",
                "--version 1           | --version stands alone",
                "doctor --yaml         | doctor: expected --json or nothing, was given --yaml",
                "doctor --json --json  | doctor: expected --json or nothing, was given --json --json",
                "parity --device       | parity: expected --device cuda:N or nothing, was given --device",
                "parity cuda:0         | parity: expected --device cuda:N or nothing, was given cuda:0",
                "parity --device cpu   | parity: expected --device cuda:N or nothing, was given --device cpu",
                "parity --device cuda:x| parity: expected --device cuda:N or nothing, was given --device cuda:x",
            })
    void wrongArgumentsGiveTheUsage(String line, String problem) {
        assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ", -1)));
        assertEquals("", text(output));
        assertTrue(text(errors).startsWith(problem + "\nusage: "), text(errors));
    }

    @Test
    void parityWithoutTheGpuSaysWhy() {
        assertEquals(1, run("parity", "--device", "cuda:999"));
        assertTrue(text(errors).startsWith("device: "), text(errors));
        assertTrue(text(errors).contains("cuda"), text(errors));
    }
}
