package io.hyperlight.bench;

import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;

/** Draws charts of results. One file has the ratios, and there is one for each kind of curve. */
final class Charts {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 400;

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
  static List<Path> draw(List<Row> rows, Path folder) {
    List<Path> files = new ArrayList<>();
    try {
      Files.createDirectories(folder);
      List<Row> withGoals = rows.stream().filter(row -> row.goal() != null && isTime(row)).toList();
      if (!withGoals.isEmpty()) {
        files.add(save(ratios(withGoals), folder.resolve("ratios.png")));
      }
      for (Growing growing : GROWING) {
        Map<String, List<Row>> curves = curves(rows, growing.name());
        if (!curves.isEmpty()) {
          files.add(save(growth(growing, curves), folder.resolve(growing.name() + ".png")));
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

  private static CategoryChart ratios(List<Row> rows) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Time, as a multiple of the floor's")
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setXAxisLabelRotation(30);
    chart.getStyler().setXAxisMaxLabelCount(Math.max(2, rows.size()));
    chart.getStyler().setLabelsVisible(true);
    chart.getStyler().setLabelsFontColorAutomaticEnabled(false);
    chart.addSeries(
        "ratio",
        rows.stream().map(Row::name).toList(),
        rows.stream().map(Charts::roundedRatio).toList());
    return plain(chart);
  }

  private static double roundedRatio(Row row) {
    return Math.round(Objects.requireNonNullElse(row.ratio(), 0.0) * 100) / 100.0;
  }

  private static XYChart growth(Growing growing, Map<String, List<Row>> curves) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(growing.title())
            .xAxisTitle(growing.horizontal())
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

  private static <C extends Chart<?, ?>> C plain(C chart) {
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    return chart;
  }

  private static Path save(Chart<?, ?> chart, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      ChartEncoder.saveChart(chart, out, "png");
    }
    return file;
  }
}
