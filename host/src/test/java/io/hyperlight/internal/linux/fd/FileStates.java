package io.hyperlight.internal.linux.fd;

/** For tests in other packages: what a snapshot keeps of files and descriptors. */
public final class FileStates {
  private FileStates() {}

  /** In words that are equal if it is. */
  public static String describe(FileState state) {
    return "umask %o, in %s, descriptors %s of %s"
        .formatted(state.umask(), state.workingDirectory(), state.descriptors(), state.files());
  }
}
