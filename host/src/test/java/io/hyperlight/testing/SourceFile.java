package io.hyperlight.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Programs and guests in C and Rust that tests use, which are files among the resources. */
public final class SourceFile {
  private SourceFile() {}

  /**
   * Returns the text of a file.
   *
   * @param test a class in the package that has the file
   * @param name the file's path from there
   */
  public static String of(Class<?> test, String name) {
    // From the root and by this class: a test may be one that a loader of these tools has made.
    String path = "/" + test.getPackageName().replace('.', '/') + "/" + name;
    try (InputStream file = SourceFile.class.getResourceAsStream(path)) {
      return new String(Objects.requireNonNull(file, path).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
