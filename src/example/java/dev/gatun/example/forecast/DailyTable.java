package dev.gatun.example.forecast;

import java.time.LocalDate;
import java.util.SequencedMap;

/// Days in a row, without gaps, and some numbers for each.
///
/// @param source where they come from
/// @param firstDay the date of day 0
/// @param days how many days there are
/// @param columns the numbers of all days, by the column's name
record DailyTable(String source, LocalDate firstDay, int days, SequencedMap<String, float[]> columns) {
    LocalDate date(int day) {
        return firstDay.plusDays(day);
    }

    LocalDate lastDay() {
        return date(days - 1);
    }
}
