package io.hyperlight.internal.os;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Prints the bytes of all paths in a directory, as the library sees them. Runs in a JVM of its own.
 */
public final class HostPathTarget {
  private HostPathTarget() {}

  /** The directory is the working directory. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        for (Path path : List.of(file, file.toAbsolutePath(), folder.relativize(file))) {
          System.out.println(
              HexFormat.of().formatHex(HostPath.bytes(path))
                  + " "
                  + HexFormat.of().formatHex(HostPath.text(path).getBytes(StandardCharsets.UTF_8)));
        }
        HostDescriptors.close(HostDescriptors.open(file, FileCalls.O_PATH));
      }
    }
  }
}
