package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Makes tables, JSON and charts of results. */
class ReportTest {
  private static final Row CALL =
      Row.of("call", "us", 33, 30, 800, 41.5, 3000.0)
          .with(new Interval(1.1, 1.09, 1.112))
          .withGoal(new Goal("<= 1.06 x floor", 1.06, false));
  private static final Row NOTHING =
      Row.of("alloc", "bytes", 0, 0, 1000, 0, null).withGoal(Goal.zero(0));
  private static final Row RIVAL =
      Row.of("rival_process_call", "us", 33, 990, 10, 35, 1.0)
          .with(new Interval(0.033, 0.03, 0.034))
          .against("sh");
  private static final Machine MACHINE =
      new Machine("2026-02-03T04:05:06Z", "Some CPU", 2, "6.1", "kvm_amd", "25", 0.5);

  private static final List<Row> ROWS = List.of(CALL, NOTHING, RIVAL, point(8, 31), point(1, 30));

  @TempDir private Path folder;

  private static Row point(int at, double ours) {
    return Row.of("growth_pages_" + at, "us", ours, 27, 5, ours, 2.0)
        .at(new Row.Point("growth_pages", at));
  }

  private static JsonObject document() {
    return JsonParser.parseString(Json.format(new Results(MACHINE, ROWS))).getAsJsonObject();
  }

  private static JsonObject object(int index) {
    JsonArray array = document().getAsJsonArray("rows");
    assertThat(array).hasSize(ROWS.size());
    return array.get(index).getAsJsonObject();
  }

  @Test
  void jsonIsAListOfObjectsWithTheNamedFields() {
    JsonObject call = object(0);
    assertThat(call.keySet())
        .containsExactly(
            "name",
            "unit",
            "ours",
            "floor",
            "ratio",
            "ratio_low",
            "ratio_high",
            "measured",
            "samples",
            "p99",
            "overhead_ns",
            "goal",
            "goal_ratio",
            "met");
    assertThat(call.get("name").getAsString()).isEqualTo("call");
    assertThat(call.get("unit").getAsString()).isEqualTo("us");
    assertThat(call.get("ours").getAsDouble()).isEqualTo(33);
    assertThat(call.get("floor").getAsDouble()).isEqualTo(30);
    assertThat(call.get("ratio").getAsDouble()).isEqualTo(1.1);
    assertThat(call.get("samples").getAsInt()).isEqualTo(800);
    assertThat(call.get("p99").getAsDouble()).isEqualTo(41.5);
    assertThat(call.get("overhead_ns").getAsDouble()).isEqualTo(3000);
    assertThat(call.get("met").getAsBoolean()).isFalse();
  }

  @Test
  void jsonDescribesTheMachine() {
    assertThat(document().getAsJsonObject("machine").keySet())
        .containsExactly("date", "processor", "processors", "kernel", "kvm", "java", "load");
    Machine here = Machine.current();
    assertThat(here.processors()).isPositive();
    assertThat(here.kvm()).startsWith("kvm");
    assertThat(here.caption()).contains(here.processor(), here.kernel());
  }

  @Test
  void jsonNamesARival() {
    assertThat(object(2).get("against").getAsString()).isEqualTo("sh");
  }

  @Test
  void jsonCanBeReadAgain() {
    Path file = folder.resolve("rows.json");
    Results results = new Results(MACHINE, ROWS);
    Json.write(results, file);
    assertThat(Json.read(file)).isEqualTo(results);
  }

  @Test
  void aFileThatIsNoResultsIsRefusedWithItsName() throws IOException {
    for (String text :
        List.of(
            "{", "{\"a\": 1}", "{\"machine\": {}, \"rows\": [{\"unit\": \"us\"}]}", "[null]", "")) {
      Path file = Files.writeString(folder.resolve("other.json"), text);
      assertThatThrownBy(() -> Json.read(file))
          .isInstanceOf(BenchmarkException.class)
          .hasMessageContaining("other.json");
    }
  }

  @Test
  void theTableHasALineForEachRowInColumns() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Table.print(List.of(CALL, NOTHING, RIVAL), new PrintStream(out, true, UTF_8));
    assertThat(out.toString(UTF_8))
        .isEqualTo(
            """
            name                             unit    ours  floor  ratio    +-    p99  overhead ns  goal             met
            call                             us     33.00  30.00  1.100  1.0%  41.50         3000  <= 1.06 x floor  NO
            alloc                            bytes      0      0  1.000     -      0            -  0                yes
            rival_process_call (against sh)  us     33.00  990.0  0.033  6.1%  35.00            1                   not measured
            """);
  }

  @Test
  void chartsAreDrawnOfWhatThereIs() throws IOException {
    List<Path> files = Charts.draw(new Results(MACHINE, ROWS), folder.resolve("charts"));
    assertThat(files.stream().map(file -> String.valueOf(file.getFileName())).toList())
        .containsExactly("ratios.png", "rivals.png", "growth_pages.png");
    List<byte[]> starts = new ArrayList<>();
    for (Path file : files) {
      starts.add(Files.readAllBytes(file));
    }
    assertThat(starts).allSatisfy(bytes -> assertThat(bytes).startsWith(0x89, 'P', 'N', 'G'));
  }
}
