package io.hyperlight.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads results as JSON: an object with the machine and a list of rows. A row lacks the
 * fields that are null.
 */
final class Json {
  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

  private Json() {}

  /** A row in the form of the file. The fields have the order of the file. */
  private record Entry(
      String name,
      String unit,
      double ours,
      double floor,
      @Nullable Double ratio,
      @SerializedName("ratio_low") @Nullable Double ratioLow,
      @SerializedName("ratio_high") @Nullable Double ratioHigh,
      boolean measured,
      int samples,
      double p99,
      @SerializedName("overhead_ns") @Nullable Double overheadNanos,
      @Nullable String goal,
      @SerializedName("goal_ratio") @Nullable Double goalRatio,
      @Nullable Boolean met,
      @Nullable String against,
      @Nullable String series,
      @Nullable Double at) {
    static Entry of(Row row) {
      Goal goal = row.goal();
      Row.Point point = row.point();
      Interval interval = row.interval();
      return new Entry(
          row.name(),
          row.unit(),
          row.ours(),
          row.floor(),
          row.ratio(),
          interval == null ? null : interval.low(),
          interval == null ? null : interval.high(),
          row.isMeasured(),
          row.samples(),
          row.p99(),
          row.overheadNanos(),
          goal == null ? null : goal.text(),
          goal == null ? null : goal.ratio(),
          goal == null ? null : goal.met(),
          row.against(),
          point == null ? null : point.series(),
          point == null ? null : point.at());
    }

    Row row() {
      return new Row(
          Objects.requireNonNull(name, "name"),
          Objects.requireNonNull(unit, "unit"),
          ours,
          floor,
          ratio,
          ratio == null || ratioLow == null || ratioHigh == null
              ? null
              : new Interval(ratio, ratioLow, ratioHigh),
          samples,
          p99,
          overheadNanos,
          goal == null || goalRatio == null || met == null ? null : new Goal(goal, goalRatio, met),
          against,
          series == null || at == null ? null : new Row.Point(series, at));
    }
  }

  private record Document(Machine machine, List<Entry> rows) {
    Results results() {
      return new Results(
          Objects.requireNonNull(machine, "machine"),
          Objects.requireNonNull(rows, "rows").stream().map(Entry::row).toList());
    }
  }

  static String format(Results results) {
    return GSON.toJson(
            new Document(results.machine(), results.rows().stream().map(Entry::of).toList()))
        + "\n";
  }

  static void write(Results results, Path file) {
    try {
      Files.writeString(file, format(results));
    } catch (IOException e) {
      throw new BenchmarkException("cannot write " + file + ": " + e);
    }
  }

  /**
   * Reads results.
   *
   * @throws JsonParseException if the text is not JSON, or has other values
   * @throws NullPointerException if there is no machine, or a row has no name or unit
   */
  static Results parse(String text) {
    return Objects.requireNonNull(GSON.fromJson(text, Document.class), "results").results();
  }

  /**
   * Reads a file that an earlier run wrote.
   *
   * @throws BenchmarkException if the file cannot be read, or has other contents
   */
  static Results read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file + ": " + e);
    } catch (JsonParseException | NullPointerException e) {
      throw new BenchmarkException(file + " was not written by bench --json: " + e);
    }
  }
}
