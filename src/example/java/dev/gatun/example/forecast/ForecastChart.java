package dev.gatun.example.forecast;

import dev.gatun.io.AtomicFile;
import java.awt.Color;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// Truth and forecasts as a picture: above, every day's forecast of tomorrow; below, the paths, one after the other.
///
/// @param target what is forecast
/// @param firstDay the day that the first path starts with
/// @param truth what became of it, `[path][day]`, a path for each day
/// @param forecasts the same as it was forecast
@SuppressWarnings("ArrayRecordComponent") // never compared
record ForecastChart(String target, LocalDate firstDay, float[][] truth, float[][] forecasts) {
    private static final int WIDTH = 1400;
    private static final int HEIGHT = 420;
    private static final Color TRUTH = new Color(0x8d99ae);
    private static final Color FORECAST = new Color(0xd62839);

    /// A line: a break where the value is NaN.
    private record Line(List<Date> days, List<Float> values) {
        Line() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(LocalDate day, float value) {
            days.add(Date.from(day.atStartOfDay(ZoneId.systemDefault()).toInstant()));
            values.add(value);
        }
    }

    void write(Path file) {
        int horizon = truth[0].length;
        List<XYChart> charts = List.of(
                chart("Tomorrow's " + target, "forecast the day before", 1),
                chart(target + " " + horizon + " days out", "forecast paths", horizon));
        AtomicFile.write(file, channel -> {
            OutputStream bytes = Channels.newOutputStream(channel);
            BitmapEncoder.saveBitmap(charts, charts.size(), 1, bytes, BitmapFormat.PNG);
        });
    }

    /// The first days of a path, then those of the path that begins where it ends, and so on.
    private XYChart chart(String title, String name, int days) {
        Line actual = new Line();
        Line forecast = new Line();
        for (int path = 0; path < truth.length; path += days) {
            for (int day = 0; day < days; day++) {
                LocalDate date = firstDay.plusDays(path + day);
                actual.add(date, truth[path][day]);
                forecast.add(date, forecasts[path][day]);
            }
            if (days > 1) {
                forecast.add(firstDay.plusDays(path + days), Float.NaN);
            }
        }
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(target)
                .build();
        chart.getStyler()
                .setDatePattern("d MMM yyyy")
                .setLocale(Locale.ENGLISH)
                .setLegendPosition(LegendPosition.InsideNW)
                .setChartBackgroundColor(Color.WHITE);
        draw(chart, "truth", actual, TRUTH);
        draw(chart, name, forecast, FORECAST);
        return chart;
    }

    private static void draw(XYChart chart, String name, Line line, Color color) {
        XYSeries series = chart.addSeries(name, line.days(), line.values());
        series.setLineColor(color);
        series.setMarker(SeriesMarkers.NONE);
    }
}
