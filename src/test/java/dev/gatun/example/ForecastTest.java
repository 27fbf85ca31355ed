package dev.gatun.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The example "forecast", run from its command line: with few epochs what must come out, and what it says of bad input. */
class ForecastTest {
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    /// JVMs that live for a second or two: kernels that need no warming up, and no second compiler to wait for.
    private static final List<String> QUICK = List.of("-Dgatun.cpu.kernels=scalar", "-XX:TieredStopAtLevel=1");

    @TempDir
    Path folder;

    private ExampleRun run(String... arguments) throws IOException, InterruptedException {
        return ExampleRun.of(folder, QUICK, "forecast.Forecast", arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rnn", "lstm", "gru", "transformer"})
    void everyModelTrainsDrawsAndComesBackFromItsFile(String model) throws Exception {
        Path output = folder.resolve("new/folder");
        ExampleRun run = run(
                "--model",
                model,
                "--hidden",
                "8",
                "--layers",
                "2",
                "--heads",
                "2",
                "--window",
                "5",
                "--horizon",
                "3",
                "--epochs",
                "2",
                "--output",
                output.toString());

        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("windows/s"), run.err());
        for (String expected : List.of(
                "persistence", "seasonal average", "mean of 3 days", "loaded again: all forecasts are the same")) {
            assertTrue(run.out().contains(expected), run.out());
        }
        assertTrue(run.out().contains("Sun 2016-01-03"), run.out());
        assertFalse(run.out().contains("NaN"), run.out());
        assertArrayEquals(PNG, Arrays.copyOf(Files.readAllBytes(output.resolve("forecast.png")), PNG.length));
        try (SafeTensors saved = SafeTensors.open(output.resolve("model.safetensors"))) {
            assertTrue(
                    saved.names().containsAll(List.of("means", "deviations", "head.weight")), saved.names()::toString);
        }
    }

    @Test
    void aSeedGivesTheSameModelAgain() throws Exception {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        for (Path output : List.of(first, second)) {
            ExampleRun run = run(
                    "--hidden", "8", "--window", "5", "--epochs", "1", "--seed", "3", "--output", output.toString());
            assertEquals(0, run.exit(), run.err());
        }
        assertEquals(-1, Files.mismatch(first.resolve("model.safetensors"), second.resolve("model.safetensors")));
    }

    @Test
    void ownColumnsAreForecast() throws Exception {
        StringBuilder csv = new StringBuilder("\uFEFFday,\"sold total\",visitors\n");
        for (int day = 0; day < 800; day++) {
            csv.append(LocalDate.of(2020, 1, 1).plusDays(day))
                    .append(',')
                    .append(day % 7)
                    .append(",-1.5e1\n");
        }
        Path file = write(csv.toString());
        ExampleRun run = run(
                "--csv",
                file.toString(),
                "--date",
                "day",
                "--columns",
                "visitors",
                "--target",
                "sold total",
                "--test",
                "60",
                "--validation",
                "60",
                "--epochs",
                "1",
                "--hidden",
                "4",
                "--output",
                folder.toString());
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("800 days from 2020-01-01 to 2022-03-10"), run.out());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '\'', delimiter = '|', textBlock = """
        date,temp_max\\n2012/01/01,1                          | , line 1, column 'wind': there is no such column; there are date, temp_max
        date,temp_max,wind\\n2012/01/01,1,2\\n2012/01/02,x1,2 | , line 3, column 'temp_max': 'x1' is not a number
        date,temp_max,wind\\n2012/01/01,1,NaN                 | , line 2, column 'wind': 'NaN' is not a number
        date,temp_max,wind\\n2012/01/01,1,                    | , line 2, column 'wind': '' is not a number
        date,temp_max,wind\\n2012/01/01,1                     | , line 2, column 'wind': the row ends before it, after 2 fields
        date,temp_max,wind\\n1 January,1,2                    | , line 2, column 'date': '1 January' is not a date such as 2012-01-31 or 2012/01/31
        date,temp_max,wind\\n2012/01/01,1,2\\n2012/01/03,1,2  | , line 3, column 'date': 2012-01-03 follows 2012-01-01; expected a row for every day, in order
        date,temp_max,wind,wind\\n2012/01/01,1,2,3            | , line 1
        date,temp_max,wind\\n2012/01/01,"1,2                  | , line 2: the row cannot be made out
        date,temp_max,wind                                    | : has no rows
        ''                                                    | : is empty; expected a header line with the columns' names
        date,temp_max,wind\\n2012/01/01,1,2                   | : has 1 days, which --test 365 and --validation 184 must cut
        """)
    void badFilesAreNamedWithLineAndColumn(String content, String message) throws Exception {
        Path file = write(content.replace("\\n", "\n"));
        ExampleRun run = run("--csv", file.toString(), "--columns", "temp_max,wind");
        assertRefused(run, 1, file + message);
    }

    /** Sums of such numbers pass the largest of 32 bits. */
    @Test
    void cutsThatDoNotFitAreNamed() throws Exception {
        String most = Integer.toString(Integer.MAX_VALUE);
        String days = "seattle-weather.csv: has 1461 days, which --test ";
        assertRefused(run("--window", most), 1, days);
        assertRefused(run("--test", most, "--validation", most), 1, days + most + " and --validation " + most);
    }

    @Test
    void trainingThatDivergesIsTold() throws Exception {
        ExampleRun run = run("--learning-rate", "1e30", "--hidden", "4", "--output", folder.toString());
        assertTrue(run.err().contains("training: the loss is "), run.err());
        assertTrue(run.err().contains("lower the learning rate"), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
        assertEquals(1, run.exit());
    }

    @Test
    void unreadableFilesAreNamed() throws Exception {
        Path missing = folder.resolve("missing.csv");
        assertRefused(run("--csv", missing.toString()), 1, missing + ": there is no such file");
        assertRefused(run("--csv", folder.toString()), 1, folder + ": cannot be read");
        Path binary = Files.write(folder.resolve("binary.csv"), new byte[] {'d', (byte) 0xff, (byte) 0xfe, '\n'});
        assertRefused(run("--csv", binary.toString()), 1, binary + ": is not UTF-8 text");
    }

    @Test
    void anOutputThatIsNoFolderIsNamed() throws Exception {
        Path file = write("");
        assertRefused(run("--output", file.toString()), 1, file + ": there cannot be such a folder");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
        --epochs,        0,       "'--epochs': '0' is not a whole number from 1 on"
        --learning-rate, -1,      "'--learning-rate': '-1' is not a number above 0"
        --model,         bert,    "'--model'"
        --heads,         5,       "--heads 5"
        --depth,         3,       "--depth"
        """)
    void badOptionsAreNamed(String option, String value, String message) throws Exception {
        assertRefused(run("--model", "transformer", option, value), 2, message);
    }

    @Test
    void helpTellsEveryOption() throws Exception {
        ExampleRun run = run("--help");
        assertEquals(0, run.exit());
        for (String option : List.of(
                "--csv",
                "--columns",
                "--target",
                "--window",
                "--model",
                "--hidden",
                "--layers",
                "--epochs",
                "--batch",
                "--learning-rate",
                "--device",
                "--seed",
                "--output")) {
            assertTrue(run.out().contains(option), option);
        }
    }

    private Path write(String csv) throws IOException {
        return Files.writeString(folder.resolve("own.csv"), csv);
    }

    private static void assertRefused(ExampleRun run, int exit, String message) {
        assertTrue(run.err().contains(message), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
        assertEquals(exit, run.exit());
        assertEquals("", run.out());
    }
}
