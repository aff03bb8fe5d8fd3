package io.hyperlight.snapshots;

import io.hyperlight.FileTree;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A guest that maps pages at scattered addresses, at different ones in each call. It changes their
 * protection and checks what the processor does: it reads, writes and runs everything, including
 * what is not mapped, or not mapped any more. For each seed it knows the result of each attempt.
 */
final class ScatteredGuest {
  private ScatteredGuest() {}

  /**
   * A tree to mount at {@code /code}: a page of return instructions, which guests cannot change.
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
