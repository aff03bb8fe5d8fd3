package io.hyperlight.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints results for a reader, one a line, in columns. */
final class Table {
  private static final List<String> HEADINGS =
      List.of("name", "unit", "ours", "floor", "ratio", "+-", "p99", "overhead ns", "goal", "met");

  /** The first of the columns with numbers, which are aligned to the right. */
  private static final int FIRST_NUMBER = 2;

  private static final int LAST_NUMBER = 7;

  private Table() {}

  static void print(List<Row> rows, PrintStream out) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADINGS);
    rows.forEach(row -> lines.add(cells(row)));
    int[] widths = new int[HEADINGS.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      out.println(padded(line, widths));
    }
  }

  private static String padded(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - cells.get(i).length());
      boolean isNumber = i >= FIRST_NUMBER && i <= LAST_NUMBER;
      line.append(isNumber ? padding + cells.get(i) : cells.get(i) + padding).append("  ");
    }
    return line.toString().stripTrailing();
  }

  private static List<String> cells(Row row) {
    Goal goal = row.goal();
    return List.of(
        row.against() == null ? row.name() : row.name() + " (against " + row.against() + ")",
        row.unit(),
        number(row.ours()),
        number(row.floor()),
        row.ratio() == null ? "-" : String.format(Locale.ROOT, "%.3f", row.ratio()),
        spread(row.interval()),
        number(row.p99()),
        row.overheadNanos() == null ? "-" : String.format(Locale.ROOT, "%.0f", row.overheadNanos()),
        goal == null ? "" : goal.text(),
        row.isMeasured() ? goal == null ? "" : goal.met() ? "yes" : "NO" : "not measured");
  }

  /** Formats half of an interval's width. */
  private static String spread(@Nullable Interval interval) {
    return interval == null ? "-" : String.format(Locale.ROOT, "%.1f%%", interval.width() * 50);
  }

  /** Formats a number with its significant digits only. */
  private static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 1000 || size == 0 ? "%.0f" : size >= 100 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
