package dev.gatun.example.forecast;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which numbers to learn from, and what to forecast.
final class DataOptions {
    private static final String SEATTLE = "/seattle-weather.csv";

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            description =
                    "CSV file in UTF-8 with a header and a row for each day; Seattle's weather 2012 to 2015 without"
                            + " it.")
    @Nullable
    Path csv;

    @Option(
            names = "--date",
            paramLabel = "COLUMN",
            defaultValue = "date",
            description = "Column of the dates, such as 2012-01-31 or 2012/01/31. Default: ${DEFAULT-VALUE}")
    String date = "";

    @Option(
            names = "--columns",
            paramLabel = "COLUMN,...",
            hideParamSyntax = true,
            split = ",",
            defaultValue = "precipitation,temp_max,temp_min,wind",
            description = "Columns of numbers to forecast from. Default: ${DEFAULT-VALUE}")
    List<String> columns = List.of();

    @Option(
            names = "--target",
            paramLabel = "COLUMN",
            defaultValue = "temp_max",
            description = "Column to forecast. Default: ${DEFAULT-VALUE}")
    String target = "";

    @Option(
            names = "--window",
            paramLabel = "DAYS",
            defaultValue = "21",
            converter = Numbers.Count.class,
            description = "How many days to forecast from. Default: ${DEFAULT-VALUE}")
    int window;

    @Option(
            names = "--horizon",
            paramLabel = "DAYS",
            defaultValue = "7",
            converter = Numbers.Count.class,
            description = "How many days to forecast. Default: ${DEFAULT-VALUE}")
    int horizon;

    @Option(
            names = "--test",
            paramLabel = "DAYS",
            defaultValue = "365",
            converter = Numbers.Count.class,
            description = "How many days at the end to hold back and compare on. Default: ${DEFAULT-VALUE}")
    int test;

    @Option(
            names = "--validation",
            paramLabel = "DAYS",
            defaultValue = "184",
            converter = Numbers.Count.class,
            description = "How many days before those decide when training stops. Default: ${DEFAULT-VALUE}")
    int validation;

    /// The numbers of the file; the target is among them.
    DailyTable read() throws CsvException {
        SequencedSet<String> wanted = new LinkedHashSet<>(columns);
        wanted.add(target);
        if (csv != null) {
            return new DailyCsv(csv.toString(), date, wanted).read(csv);
        }
        try (InputStream resource = DataOptions.class.getResourceAsStream(SEATTLE)) {
            if (resource == null) {
                throw new IllegalStateException("the resource " + SEATTLE + " is missing");
            }
            return new DailyCsv(SEATTLE.substring(1), date, wanted).read(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
