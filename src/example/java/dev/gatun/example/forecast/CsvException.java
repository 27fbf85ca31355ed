package dev.gatun.example.forecast;

/// A CSV file that cannot be used; the message names the file and, where there is one, the line and the column.
final class CsvException extends Exception {
    private static final long serialVersionUID = 1;

    CsvException(String file, String problem) {
        super(file + ": " + problem);
    }

    CsvException(String file, long line, String problem) {
        super(file + ", line " + line + ": " + problem);
    }

    CsvException(String file, long line, String column, String problem) {
        super(file + ", line " + line + ", column '" + column + "': " + problem);
    }
}
