package io.hyperlight.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.annotations.SerializedName;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes and reads results as a JSON list of objects. An object lacks the fields that are null. */
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
      int samples,
      double p99,
      @SerializedName("overhead_ns") @Nullable Double overheadNanos,
      @Nullable String goal,
      @Nullable Boolean met,
      @Nullable String against,
      @Nullable String series,
      @Nullable Double at) {
    static Entry of(Row row) {
      Goal goal = row.goal();
      Row.Point point = row.point();
      return new Entry(
          row.name(),
          row.unit(),
          row.ours(),
          row.floor(),
          row.ratio(),
          row.samples(),
          row.p99(),
          row.overheadNanos(),
          goal == null ? null : goal.text(),
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
          samples,
          p99,
          overheadNanos,
          goal == null || met == null ? null : new Goal(goal, met),
          against,
          series == null || at == null ? null : new Row.Point(series, at));
    }
  }

  static String format(List<Row> rows) {
    return GSON.toJson(rows.stream().map(Entry::of).toList()) + "\n";
  }

  static void write(List<Row> rows, Path file) {
    try {
      Files.writeString(file, format(rows));
    } catch (IOException e) {
      throw new BenchmarkException("cannot write " + file + ": " + e);
    }
  }

  /**
   * Reads rows.
   *
   * @throws JsonParseException if the text is not JSON, or has other values
   * @throws NullPointerException if a row has no name or unit
   */
  static List<Row> parse(String text) {
    List<Entry> entries = GSON.fromJson(text, new TypeToken<List<Entry>>() {}.getType());
    return Objects.requireNonNullElse(entries, List.<Entry>of()).stream().map(Entry::row).toList();
  }

  /**
   * Reads a file that an earlier run wrote.
   *
   * @throws BenchmarkException if the file cannot be read, or has other contents
   */
  static List<Row> read(Path file) {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file + ": " + e);
    } catch (JsonParseException | NullPointerException e) {
      throw new BenchmarkException(file + " was not written by bench --json: " + e);
    }
  }
}
