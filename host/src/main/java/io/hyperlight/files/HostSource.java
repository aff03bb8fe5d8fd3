package io.hyperlight.files;

import java.nio.file.Path;

/**
 * A directory or regular file of the host, to be read only. Its descriptor is open while file
 * systems use it.
 */
public final class HostSource implements TreeSource {
  private final Path path;

  /** Nothing is opened yet. */
  public HostSource(Path path) {
    this.path = path;
  }

  /** What it was made for. */
  public Path path() {
    return path;
  }
}
