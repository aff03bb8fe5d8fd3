package io.hyperlight.bench;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/**
 * Draws charts of results. One file has the ratios, one the rivals, and there is one for each kind
 * of curve. Bars are horizontal, with their values beside them.
 */
final class Charts {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;

  /** The height of one bar, and of what is above and below all bars. */
  private static final int BAR_HEIGHT = 16;

  private static final int FRAME_HEIGHT = 120;
  private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 10);

  /** What the names of rows with rivals end with. */
  private static final List<String> RIVAL_ROWS = List.of("first", "call", "fresh", "fib");

  /** A chart of curves. It shows all curves whose names begin with its own name. */
  private record Growing(
      String name, String title, String horizontal, String vertical, boolean logarithmic) {}

  private static final List<Growing> GROWING =
      List.of(
          new Growing("growth_pages", "A fresh call by the pages it writes", "pages", "us", false),
          new Growing(
              "growth_memory", "Call and spawn by the guest's memory", "MiB of memory", "us", true),
          new Growing("growth_vms", "Call and spawn by live VMs", "other live VMs", "us", true),
          new Growing(
              "growth_payload", "A call by the bytes in and out", "bytes each way", "us", false),
          new Growing(
              "growth_threads", "Fresh calls by threads", "threads", "calls per second", false));

  private Charts() {}

  /**
   * Draws the charts for which there are results.
   *
   * @return the files that were written
   */
  static List<Path> draw(Results results, Path folder) {
    List<Row> rows = results.rows();
    String caption = results.machine().caption();
    List<Path> files = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      List<Row> withGoals = rows.stream().filter(row -> row.goal() != null && isTime(row)).toList();
      if (!withGoals.isEmpty()) {
        files.add(save(ratios(withGoals, caption), folder.resolve("ratios.png")));
      }
      List<Row> withRivals = rows.stream().filter(row -> row.name().startsWith("rival_")).toList();
      if (!withRivals.isEmpty()) {
        files.add(save(rivals(withRivals, caption), folder.resolve("rivals.png")));
      }
      for (Growing growing : GROWING) {
        Map<String, List<Row>> curves = curves(rows, growing.name());
        if (!curves.isEmpty()) {
          files.add(
              save(growth(growing, curves, caption), folder.resolve(growing.name() + ".png")));
        }
      }
      return files;
    } catch (IOException e) {
      throw new BenchmarkException("cannot draw into " + folder + ": " + e);
    }
  }

  private static Map<String, List<Row>> curves(List<Row> rows, String name) {
    Map<String, List<Row>> curves = new TreeMap<>();
    for (Row row : rows) {
      Row.Point point = row.point();
      if (point != null && point.series().startsWith(name)) {
        curves.computeIfAbsent(point.series(), _ -> new ArrayList<>()).add(row);
      }
    }
    curves.values().forEach(curve -> curve.sort(Comparator.comparingDouble(Charts::at)));
    return curves;
  }

  private static boolean isTime(Row row) {
    return Stream.of(Unit.values()).anyMatch(unit -> unit.symbol().equals(row.unit()));
  }

  private static double at(Row row) {
    return Objects.requireNonNull(row.point(), "point").at();
  }

  /** Draws the ratios, and the goals as far as they are ratios. */
  private static HorizontalBarChart ratios(List<Row> rows, String caption) {
    List<String> names = rows.stream().map(Row::name).toList();
    HorizontalBarChart chart =
        bars("Time, as a multiple of the floor's", caption, 2 * rows.size(), "%.2f");
    List<Double> ratios =
        rows.stream().map(row -> Objects.requireNonNullElse(row.ratio(), 1.0)).toList();
    List<Double> goals =
        rows.stream().map(row -> Objects.requireNonNull(row.goal(), "goal").ratio()).toList();
    chart.addSeries("goal, at most", logarithms(goals), names).setFillColor(Color.LIGHT_GRAY);
    chart.addSeries("measured", logarithms(ratios), names);
    return chart;
  }

  /** Draws the times of all rivals, and ours beside the first of them. */
  private static HorizontalBarChart rivals(List<Row> rows, String caption) {
    List<String> names = new ArrayList<>(List.of("ours"));
    rows.forEach(row -> names.add(Objects.requireNonNull(row.against(), "against")));
    List<String> distinct = names.stream().distinct().toList();
    HorizontalBarChart chart =
        bars(
            "Nanoseconds of each way to run code nobody trusts",
            caption,
            RIVAL_ROWS.size() * distinct.size(),
            "%,.0f");
    for (String kind : RIVAL_ROWS) {
      List<Row> ofKind = rows.stream().filter(row -> row.name().endsWith("_" + kind)).toList();
      List<Double> nanos = new ArrayList<>();
      List<String> of = new ArrayList<>();
      for (Row row : ofKind) {
        if (of.isEmpty()) {
          of.add("ours");
          nanos.add(nanos(row, row.ours()));
        }
        of.add(Objects.requireNonNull(row.against(), "against"));
        nanos.add(Math.max(1, nanos(row, row.floor())));
      }
      if (!of.isEmpty()) {
        chart.addSeries(kind, logarithms(nanos), of);
      }
    }
    return chart;
  }

  private static double nanos(Row row, double value) {
    return Stream.of(Unit.values())
        .filter(unit -> unit.symbol().equals(row.unit()))
        .mapToDouble(unit -> value / unit.of(1))
        .findFirst()
        .orElseThrow();
  }

  /** The library has no bars on a logarithmic axis. So it gets logarithms, and labels undo them. */
  private static List<Double> logarithms(List<Double> values) {
    return values.stream().map(Math::log10).toList();
  }

  private static HorizontalBarChart bars(String title, String caption, int count, String format) {
    HorizontalBarChart chart =
        new HorizontalBarChartBuilder()
            .width(WIDTH)
            .height(FRAME_HEIGHT + BAR_HEIGHT * count)
            .title(title)
            .xAxisTitle(caption)
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setLabelsPosition(0);
    chart.getStyler().setLabelsFontColorAutomaticEnabled(false);
    chart
        .getStyler()
        .setXAxisTickLabelsFormattingFunction(
            value -> String.format(Locale.ROOT, format, Math.pow(10, value)));
    return plain(chart);
  }

  private static XYChart growth(Growing growing, Map<String, List<Row>> curves, String caption) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(growing.title())
            .xAxisTitle(growing.horizontal() + "   (" + caption + ")")
            .yAxisTitle(growing.vertical())
            .build();
    chart.getStyler().setYAxisLogarithmic(growing.logarithmic());
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    curves.forEach((series, rows) -> {
      String rest = series.substring(growing.name().length()).replace('_', ' ');
      List<Double> at = rows.stream().map(Charts::at).toList();
      chart.addSeries("ours" + rest, at, rows.stream().map(Row::ours).toList());
      chart.addSeries("floor" + rest, at, rows.stream().map(Row::floor).toList());
    });
    return plain(chart);
  }

  private static <C extends AxesChart<?, ?>> C plain(C chart) {
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setAxisTitleFont(CAPTION);
    return chart;
  }

  private static Path save(Chart<?, ?> chart, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      ChartEncoder.saveChart(chart, out, "png");
    }
    return file;
  }
}
