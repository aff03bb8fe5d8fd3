package io.hyperlight.testing;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Where class files come from. */
public final class ClassFolder {
  private ClassFolder() {}

  /** The folder or jar that has a class, also where its path has blanks, which a URL escapes. */
  public static Path of(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
