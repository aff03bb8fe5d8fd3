package io.hyperlight.snapshots;

import io.hyperlight.FileTree;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A guest that maps pages at scattered addresses, other ones in each call, changes what they may be
 * used for, and tries out what the processor makes of it: it reads, writes and runs everything,
 * also what is not mapped, or not any more. For each seed it knows what has to come of each try.
 */
final class ScatteredGuest {
  private ScatteredGuest() {}

  /**
   * To be mounted at {@code /code}: a page of instructions that return, which nobody can change.
   */
  static FileTree code(Path folder) throws IOException {
    byte[] page = new byte[4096];
    Arrays.fill(page, (byte) 0xc3);
    Files.write(folder.resolve("page"), page);
    return FileTree.directory(folder);
  }

  private static final String FUNCTIONS = SourceFile.of(ScatteredGuest.class, "scattered.c");

  /** With functions to call. */
  static final String CALLED = FUNCTIONS + SourceFile.of(ScatteredGuest.class, "scattered_guest.c");

  /** As a program that serves: a seed as text, the number of wrong tries as text. */
  static final String SERVING =
      FUNCTIONS
          + """
          int main(void)
          {
              char seed[64] = {0};
              scatter(1000);
              if (read(0, seed, sizeof seed - 1) <= 0)
                  return 1;
              printf("%ld\\n", scatter(strtoul(seed, 0, 10)));
              return 0;
          }
          """;
}
