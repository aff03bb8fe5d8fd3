package io.hyperlight.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SQLite in a guest answers as it does outside, and its database is part of snapshots. */
@Needs(Tool.SQLITE_LIBRARY)
class SqliteGuestTest {
  private static final String INTACT = "integrity_check=ok\n";

  private static final List<String> SCHEMA =
      List.of(
          "PRAGMA foreign_keys = ON",
          "CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, height REAL)",
          "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born INTEGER CHECK (born >"
              + " 1900), city INTEGER REFERENCES city ON DELETE CASCADE)",
          "CREATE INDEX person_by_name ON person (name, born)",
          "CREATE TABLE journal (at INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)",
          "CREATE TRIGGER departure AFTER DELETE ON person BEGIN"
              + " INSERT INTO journal (what) VALUES ('left: ' || old.name); END",
          "CREATE VIEW crowd AS SELECT city.name AS city, count(*) AS people, avg(born) AS average"
              + " FROM person JOIN city ON person.city = city.id GROUP BY city.id");

  /** Queries that use the rest of SQL, each feature once, on the rows inserted before. */
  private static final List<String> QUESTIONS =
      List.of(
          "SELECT * FROM crowd ORDER BY people DESC, city",
          "SELECT name, born, rank() OVER (PARTITION BY city ORDER BY born, id) AS place FROM"
              + " person ORDER BY city, place, id LIMIT 40",
          "WITH RECURSIVE fib(n, a, b) AS (SELECT 1, 0, 1 UNION ALL SELECT n + 1, b, a + b FROM fib"
              + " WHERE n < 60) SELECT max(b) AS last, group_concat(a, ' ') AS row FROM fib",
          "SELECT printf('%.10f|%g|%e', sum(height), avg(height), max(height)) AS heights FROM"
              + " city",
          "SELECT sin(id) AS s, sqrt(id) AS r, pow(id, 0.3) AS p FROM city LIMIT 20",
          "SELECT name FROM person WHERE name GLOB '*[0-4]' AND name LIKE 'p%7%' ORDER BY 1",
          "SELECT json_group_array(json_object('n', name, 'h', height)) AS j FROM city",
          "SELECT json_extract('{\"a\":[1,{\"b\":\"c\"}]}', '$.a[1].b') AS c",
          "SELECT hex(zeroblob(20)) AS z, quote(x'00ff7f') AS q, unicode('\u00e9') AS u",
          "SELECT date('2024-01-31', '+1 month') AS d, julianday('2000-01-01 12:00') AS j",
          "SELECT substr(upper(name), 2, 3) AS s, replace(name, 'c', 'k') AS k FROM city LIMIT 5",
          "SELECT count(DISTINCT born) AS years, total(born) AS t FROM person",
          "EXPLAIN QUERY PLAN SELECT * FROM person WHERE name = 'p1' AND born > 1950",
          "SELECT length(hex(zeroblob(400000))) AS big",
          "INSERT INTO city (name) VALUES ('c1')",
          "INSERT INTO person (name, born) VALUES ('old', 1800)",
          "INSERT INTO person (name, born, city) VALUES ('lost', 1999, 100000)",
          "SELECT nothing FROM nowhere",
          "DELETE FROM city WHERE id % 5 = 0",
          "SELECT count(*) AS left, max(what) AS last FROM journal",
          "UPDATE person SET born = born + 1, name = name || '!' WHERE city IN (1, 2, 3)",
          "BEGIN; DELETE FROM person; SAVEPOINT s; DROP TABLE journal; ROLLBACK TO s; ROLLBACK",
          "INSERT INTO city VALUES (7, 'again', 1.5) ON CONFLICT (id) DO UPDATE SET height = -1",
          "SELECT * FROM city WHERE height < 0",
          "CREATE VIRTUAL TABLE book USING fts5(text)",
          "INSERT INTO book SELECT 'the person ' || name || ' of ' || born FROM person",
          "SELECT count(*) AS found FROM book WHERE book MATCH 'person AND 1950'",
          "ALTER TABLE city ADD COLUMN mayor TEXT DEFAULT 'none'",
          "VACUUM",
          "PRAGMA integrity_check",
          "PRAGMA foreign_key_check",
          "SELECT (SELECT count(*) FROM person) AS p, (SELECT count(*) FROM city) AS c,"
              + " (SELECT count(*) FROM journal) AS j");

  private final Sandbox sandbox = Libraries.sandbox(Libraries.SQLITE.guest("")).build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  /** Returns the schema, then the rows, then the queries. */
  private static List<String> statements() {
    Random random = new Random(3);
    List<String> statements = new ArrayList<>(SCHEMA);
    for (int i = 1; i <= 60; i++) {
      statements.add(
          "INSERT INTO city VALUES (%d, 'c%d', %s)".formatted(i, i, random.nextDouble() * 4000));
    }
    statements.add("BEGIN");
    for (int i = 1; i <= 400; i++) {
      statements.add(
          "INSERT INTO person VALUES (%d, 'p%d', %d, %d)"
              .formatted(i, random.nextInt(1000), 1901 + random.nextInt(120), 1 + i % 60));
    }
    statements.add("COMMIT");
    statements.addAll(QUESTIONS);
    return statements;
  }

  @Test
  @NotInHardwareLane("Needs gcc.")
  void hundredsOfStatementsHaveTheAnswersOfTheNativeLibrary() throws IOException {
    Path file = TemporaryFolder.create("sqlite").resolve("statements");
    Files.write(file, statements());
    String expected = Libraries.SQLITE.runNatively(List.of(file.toString()));
    String actual =
        statements().stream().map(sql -> query(sandbox, sql) + "\n").collect(Collectors.joining());
    assertThat(actual).isEqualTo(expected);
    assertThat(actual)
        .contains(INTACT, "last=1548008755920,", "error: UNIQUE constraint failed: city.name\n")
        .contains("error: CHECK constraint failed", "error: FOREIGN KEY constraint failed");
  }

  @Test
  void everySandboxOfASnapshotHasADatabaseOfItsOwn() {
    SCHEMA.forEach(sql -> query(sandbox, sql));
    query(sandbox, "INSERT INTO city VALUES (1, 'first', 0)");
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox one = snapshot.spawn();
        Sandbox other = snapshot.spawn()) {
      assertThat(query(one, "INSERT INTO city VALUES (2, 'of one', 0)")).isEmpty();
      assertThat(query(other, "INSERT INTO city VALUES (2, 'of the other', 0)")).isEmpty();
      assertThat(names(one)).isEqualTo("n=first,of one\n");
      assertThat(names(other)).isEqualTo("n=first,of the other\n");
      assertThat(names(sandbox)).isEqualTo("n=first\n");
      one.restore(snapshot);
      assertThat(names(one)).isEqualTo("n=first\n");
      assertThat(query(one, "PRAGMA integrity_check")).isEqualTo(INTACT);
      assertThat(names(other)).isEqualTo("n=first,of the other\n");
    }
  }

  @Test
  void aRestoreRollsBackAnOpenTransaction() {
    SCHEMA.forEach(sql -> query(sandbox, sql));
    try (Snapshot snapshot = sandbox.snapshot()) {
      query(sandbox, "BEGIN; INSERT INTO city VALUES (1, 'uncommitted', 0)");
      assertThat(query(sandbox, "BEGIN")).contains("within a transaction");
      sandbox.restore(snapshot);
      assertThat(query(sandbox, "BEGIN")).isEmpty();
      assertThat(names(sandbox)).isEqualTo("n=NULL\n");
    }
  }

  @Test
  void aSnapshotInTheMiddleOfATransactionCanBeCommittedAndRolledBack() {
    SCHEMA.forEach(sql -> query(sandbox, sql));
    query(sandbox, "BEGIN; INSERT INTO city VALUES (1, 'undecided', 0)");
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox other = snapshot.spawn()) {
      query(sandbox, "COMMIT");
      query(other, "ROLLBACK");
      assertThat(names(sandbox)).isEqualTo("n=undecided\n");
      assertThat(names(other)).isEqualTo("n=NULL\n");
    }
  }

  @Test
  void aDatabaseThatOutgrowsTheMemoryIsAnErrorOfTheStatement() {
    String insert = "INSERT INTO t VALUES (zeroblob(1000000))";
    query(sandbox, "CREATE TABLE t (b)");
    try (Snapshot snapshot = sandbox.snapshot()) {
      for (int round = 0; round < 2; round++) {
        int rows = 0;
        String answer = query(sandbox, insert);
        while (rows < 100 && answer.isEmpty()) {
          rows++;
          answer = query(sandbox, insert);
        }
        assertThat(answer).isEqualTo("error: out of memory");
        assertThat(rows).isBetween(30, 64);
        assertThat(query(sandbox, "SELECT count(*) AS n FROM t")).isEqualTo("n=" + rows + "\n");
        assertThat(query(sandbox, "PRAGMA integrity_check")).isEqualTo(INTACT);
        sandbox.restore(snapshot);
      }
      assertThat(query(sandbox, "SELECT count(*) AS n FROM t")).isEqualTo("n=0\n");
    }
  }

  @Test
  void thereAreNoFilesForADatabase() {
    assertThat(query(sandbox, "ATTACH '/tmp/x.db' AS x"))
        .isEqualTo("error: unable to open database: /tmp/x.db");
    assertThat(query(sandbox, "ATTACH ':memory:' AS x")).isEmpty();
  }

  @Test
  void aStatementThatIsNestedTooDeeplyIsAnErrorOfTheParser() {
    String deep = "SELECT " + "(".repeat(900) + "1" + ")".repeat(900) + " AS one";
    assertThat(query(sandbox, deep)).contains("error: parser stack overflow");
    assertThat(query(sandbox, "SELECT 1 AS one")).isEqualTo("one=1\n");
  }

  private static String names(Sandbox sandbox) {
    return query(sandbox, "SELECT group_concat(name) AS n FROM city");
  }

  private static String query(Sandbox sandbox, String sql) {
    return sandbox.call("query", String.class, sql);
  }
}
