package dev.gatun.example.forecast;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/// Reads a [DailyTable] from a CSV file in UTF-8 with a header line and one row for each day, in order.
final class DailyCsv {
    private static final CSVFormat FORMAT = CSVFormat.RFC4180
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setDuplicateHeaderMode(DuplicateHeaderMode.DISALLOW)
            .setAllowMissingColumnNames(true)
            .setIgnoreEmptyLines(true)
            .setTrim(true)
            .get();

    private final String file;
    private final String dateColumn;
    private final SequencedSet<String> columns;

    /// @param file what errors call the file
    /// @param dateColumn the column of dates such as 2012/01/31 or 2012-01-31
    /// @param columns the columns of numbers to read
    DailyCsv(String file, String dateColumn, SequencedSet<String> columns) {
        this.file = file;
        this.dateColumn = dateColumn;
        this.columns = columns;
    }

    DailyTable read(Path path) throws CsvException {
        try (InputStream bytes = Files.newInputStream(path)) {
            return read(bytes);
        } catch (NoSuchFileException _) {
            throw new CsvException(file, "there is no such file");
        } catch (AccessDeniedException _) {
            throw new CsvException(file, "may not be read");
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    DailyTable read(InputStream bytes) throws CsvException {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        try (var reader = new BufferedReader(new InputStreamReader(bytes, decoder));
                CSVParser parser = FORMAT.parse(withoutByteOrderMark(reader))) {
            return read(parser);
        } catch (UncheckedIOException e) {
            throw unreadable(e.getCause());
        } catch (IOException e) {
            throw unreadable(e);
        } catch (IllegalArgumentException e) {
            throw new CsvException(file, 1, e.getMessage());
        }
    }

    private CsvException unreadable(IOException e) {
        return new CsvException(
                file,
                e instanceof CharacterCodingException ? "is not UTF-8 text" : "cannot be read: " + e.getMessage());
    }

    private static BufferedReader withoutByteOrderMark(BufferedReader reader) throws IOException {
        reader.mark(1);
        if (reader.read() != '\uFEFF') {
            reader.reset();
        }
        return reader;
    }

    private DailyTable read(CSVParser parser) throws CsvException {
        checkHeader(parser.getHeaderNames());
        List<LocalDate> dates = new ArrayList<>();
        Map<String, List<Float>> numbers = new LinkedHashMap<>();
        columns.forEach(column -> numbers.put(column, new ArrayList<>()));
        Iterator<CSVRecord> rows = parser.iterator();
        while (hasNext(rows, parser)) {
            CSVRecord row = rows.next();
            long line = parser.getCurrentLineNumber();
            dates.add(nextDate(row, line, dates));
            for (String column : columns) {
                numbers.get(column).add(number(row, line, column));
            }
        }
        if (dates.isEmpty()) {
            throw new CsvException(file, "has no rows");
        }
        SequencedMap<String, float[]> table = new LinkedHashMap<>();
        numbers.forEach((column, values) -> table.put(column, toArray(values)));
        return new DailyTable(file, dates.getFirst(), dates.size(), table);
    }

    /// The iterator reads ahead: a row that cannot be read begins after the last line that could.
    private boolean hasNext(Iterator<CSVRecord> rows, CSVParser parser) throws CsvException {
        long line = parser.getCurrentLineNumber() + 1;
        try {
            return rows.hasNext();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CSVException malformed) {
                throw new CsvException(file, line, "the row cannot be made out: " + malformed.getMessage());
            }
            throw e;
        }
    }

    private void checkHeader(List<String> header) throws CsvException {
        if (header.isEmpty()) {
            throw new CsvException(file, "is empty; expected a header line with the columns' names");
        }
        List<String> wanted = new ArrayList<>(columns);
        wanted.addFirst(dateColumn);
        for (String column : wanted) {
            if (!header.contains(column)) {
                throw new CsvException(
                        file, 1, column, "there is no such column; there are " + String.join(", ", header));
            }
        }
    }

    private LocalDate nextDate(CSVRecord row, long line, List<LocalDate> before) throws CsvException {
        String text = field(row, line, dateColumn);
        LocalDate date;
        try {
            date = LocalDate.parse(text.replace('/', '-'));
        } catch (DateTimeException _) {
            throw new CsvException(
                    file, line, dateColumn, "'" + text + "' is not a date such as 2012-01-31 or 2012/01/31");
        }
        if (!before.isEmpty() && !date.equals(before.getLast().plusDays(1))) {
            throw new CsvException(
                    file,
                    line,
                    dateColumn,
                    date + " follows " + before.getLast() + "; expected a row for every day, in order");
        }
        return date;
    }

    private float number(CSVRecord row, long line, String column) throws CsvException {
        String text = field(row, line, column);
        try {
            float number = Float.parseFloat(text);
            if (Float.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Reported below, together with infinite numbers and NaN.
        }
        throw new CsvException(file, line, column, "'" + text + "' is not a number");
    }

    private String field(CSVRecord row, long line, String column) throws CsvException {
        if (!row.isSet(column)) {
            throw new CsvException(file, line, column, "the row ends before it, after " + row.size() + " fields");
        }
        return row.get(column);
    }

    private static float[] toArray(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }
}
