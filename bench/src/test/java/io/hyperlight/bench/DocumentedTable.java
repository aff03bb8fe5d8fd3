package io.hyperlight.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads tables of docs/performance.md, with which tests compare the programs. */
final class DocumentedTable {
  private static final Path DOCUMENT =
      Path.of("").toAbsolutePath().resolveSibling("docs/performance.md");

  /** Matches a call with its count: {@code `mmap`} or {@code 2 `mmap`}. */
  private static final Pattern CALL = Pattern.compile("(?:(\\d+) )?`(\\w+)`");

  private DocumentedTable() {}

  /**
   * {@return the cells of the rows of the table that begins with a heading, without its headings}
   */
  static List<List<String>> rows(String heading) throws IOException {
    List<String> lines = Files.readAllLines(DOCUMENT);
    List<List<String>> rows = new ArrayList<>();
    int line = 0;
    while (!lines.get(line).startsWith("| " + heading + " |")) {
      line++;
    }
    for (line += 2; lines.get(line).startsWith("|"); line++) {
      String[] cells = lines.get(line).split("\\|", -1);
      rows.add(List.of(cells).subList(1, cells.length - 1).stream().map(String::strip).toList());
    }
    return rows;
  }

  /** {@return the system calls that a cell names, with their counts} */
  static Map<String, Integer> calls(String cell) {
    Map<String, Integer> calls = new TreeMap<>();
    Matcher matcher = CALL.matcher(cell);
    while (matcher.find()) {
      String count = matcher.group(1);
      calls.put(matcher.group(2), count == null ? 1 : Integer.parseInt(count));
    }
    return calls;
  }
}
