package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.testing.LibraryProgram;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.ResetOracle.Access;
import io.hyperlight.testing.ResetOracle.Ending;
import io.hyperlight.testing.Tool;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * After a restore nothing remains of what a real library did: in its memory, and in what the host
 * keeps for the memory that it took with {@code brk} and {@code mmap}.
 */
@Tag("dirty-tracking")
@Needs({Tool.ZLIB_LIBRARY, Tool.SQLITE_LIBRARY, Tool.LUA_LIBRARY})
@Tag("slow")
class LibraryResetTest {
  private static final String FUNCTIONS =
      """

      #include <stdlib.h>
      #include <sys/mman.h>
      #include <unistd.h>

      HL_EXPORT(uint64_t, program_break)
      uint64_t program_break(void) { return (uint64_t)sbrk(0); }

      /* In pieces that malloc takes from the heap. Returns the new break. */
      HL_EXPORT(uint64_t, grow_heap, uint64_t)
      uint64_t grow_heap(uint64_t size)
      {
          for (uint64_t taken = 0; taken < size; taken += 1000) {
              if (calloc(1, 1000) == NULL) {
                  return 0;
              }
          }
          return (uint64_t)sbrk(0);
      }

      HL_EXPORT(uint64_t, map_more, uint64_t)
      uint64_t map_more(uint64_t size)
      {
          char *start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          if (start == MAP_FAILED) {
              return 0;
          }
          for (uint64_t i = 0; i < size; i += 4096) {
              start[i] = 0x5c;
          }
          return (uint64_t)start;
      }
      """;

  /** A smaller memory is sooner compared. */
  private static final long MEMORY_SIZE = 16 << 20;

  private static final long GROWTH = 1 << 20;

  /** What is done before the snapshot and after it. */
  enum Library {
    ZLIB {
      @Override
      LibraryProgram program() {
        return Libraries.ZLIB;
      }

      @Override
      void warmUp(Sandbox sandbox) {
        sandbox.call("start", int.class, 9);
        sandbox.call("feed", int.class, "what comes first".repeat(1000).getBytes(UTF_8));
      }

      @Override
      String work(Sandbox sandbox) {
        byte[] noise = new byte[700_000];
        new Random(1).nextBytes(noise);
        sandbox.call("feed", int.class, noise);
        String result = HexFormat.of().formatHex(sandbox.call("finish", byte[].class));
        sandbox.call("start", int.class, 9);
        return result;
      }
    },
    SQLITE {
      @Override
      LibraryProgram program() {
        return Libraries.SQLITE;
      }

      @Override
      void warmUp(Sandbox sandbox) {
        sandbox.call(
            "query",
            String.class,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, text); CREATE INDEX i ON t (text);"
                + " INSERT INTO t (text) VALUES ('one'), ('two'), ('three')");
      }

      @Override
      String work(Sandbox sandbox) {
        return sandbox.call(
            "query",
            String.class,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                + " INSERT INTO t (text) SELECT 'many a row, of which this is ' || i FROM n;"
                + " DELETE FROM t WHERE id % 7 = 0; SELECT count(*), max(id), min(text) FROM t;"
                + " PRAGMA integrity_check");
      }
    },
    LUA {
      @Override
      LibraryProgram program() {
        return Libraries.LUA;
      }

      @Override
      void warmUp(Sandbox sandbox) {
        sandbox.call(
            "run", String.class, "kept = {} for i = 1, 1000 do kept[i] = 'item ' .. i end");
      }

      @Override
      String work(Sandbox sandbox) {
        return sandbox.call(
            "run",
            String.class,
            "for i = 1, 20000 do kept[#kept + 1] = {i, tostring(i)} end"
                + " return #kept, kept[#kept][2], kept[7]");
      }
    };

    abstract LibraryProgram program();

    abstract void warmUp(Sandbox sandbox);

    /** Changes the state of the library, with a result that depends on this state. */
    abstract String work(Sandbox sandbox);

    /** Ready for a snapshot. */
    Sandbox warm() {
      Guest guest = program().guest(FUNCTIONS + ResetOracle.FUNCTIONS);
      Sandbox sandbox = Libraries.sandbox(guest).memorySize(MEMORY_SIZE).build();
      warmUp(sandbox);
      return sandbox;
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLibraryStartsFromTheSnapshotAfterEveryRestoreAndInEverySandbox(Library library) {
    try (Sandbox original = library.warm();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      String expected = library.work(original);
      assertThat(library.work(original)).isNotEqualTo(expected);
      for (int round = 0; round < 3; round++) {
        assertThat(library.work(sandbox)).isEqualTo(expected);
        sandbox.restore(snapshot);
      }
      try (Sandbox other = snapshot.spawn()) {
        assertThat(library.work(other)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void growthOfTheHeapAndMappingsAreUndone(Library library) {
    try (Sandbox original = library.warm();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      long breakBefore = programBreak(sandbox);
      sandbox.restore(snapshot);
      String mappedBefore = mappings(sandbox);
      long mappedFirst = 0;
      for (int round = 0; round < 3; round++) {
        library.work(sandbox);
        assertThat(mappings(sandbox)).isNotEqualTo(mappedBefore);
        long breakAfter = sandbox.<Long>call("grow_heap", long.class, GROWTH);
        assertThat(breakAfter).isGreaterThan(breakBefore);
        long mapped = sandbox.<Long>call("map_more", long.class, GROWTH);
        assertThat(ResetOracle.use(sandbox, mapped, Access.READ)).isEqualTo("92");
        mappedFirst = round == 0 ? mapped : mappedFirst;
        assertThat(mapped).isEqualTo(mappedFirst);

        sandbox.restore(snapshot);
        assertThat(mappings(sandbox)).isEqualTo(mappedBefore);
        assertThat(programBreak(sandbox)).isEqualTo(breakBefore);
        for (long gone : new long[] {mapped, mapped + GROWTH - 4096, breakAfter - 4096}) {
          assertThatThrownBy(() -> sandbox.call("oracle_read", int.class, gone))
              .isInstanceOf(GuestFaultException.class);
          sandbox.restore(snapshot);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ZLIB, RETURN",
    "ZLIB, PAGE_FAULT",
    "SQLITE, RETURN",
    "SQLITE, OWN_OUT",
    "LUA, RETURN",
    "LUA, ABORT"
  })
  void aRestoredSandboxIsAsANewbornWhateverTheLibraryDidAndHoweverItEnded(
      Library library, Ending ending) {
    try (Sandbox original = library.warm();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      ResetOracle oracle = new ResetOracle(snapshot);
      String expected = library.work(original);
      for (int round = 0; round < 2; round++) {
        library.work(sandbox);
        assertThat(sandbox.<Long>call("map_more", long.class, GROWTH)).isNotZero();
        ResetOracle.dirty(sandbox, GROWTH / 2, ending);
        sandbox.restore(snapshot);
        assertThat(oracle.leaksOf(sandbox)).as("leaks of round %d", round).isEmpty();
        sandbox.restore(snapshot);
        assertThat(library.work(sandbox)).isEqualTo(expected);
        sandbox.restore(snapshot);
      }
    }
  }

  private static long programBreak(Sandbox sandbox) {
    return sandbox.call("program_break", long.class);
  }

  private static String mappings(Sandbox sandbox) {
    StringBuilder text = new StringBuilder();
    for (long[] range : MachineState.mappedRanges(ResetOracle.machineOf(sandbox))) {
      text.append(Long.toHexString(range[0])).append('-');
      text.append(Long.toHexString(range[1])).append('\n');
    }
    return text.toString();
  }
}
