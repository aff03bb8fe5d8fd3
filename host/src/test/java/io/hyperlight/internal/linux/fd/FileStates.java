package io.hyperlight.internal.linux.fd;

/** Describes the saved files and descriptors, for tests in other packages. */
public final class FileStates {
  private FileStates() {}

  /** Returns a description. It is equal for equal states, also of different sandboxes. */
  public static String describe(FileState state) {
    return "umask %o, in %s, descriptors %s of %s"
        .formatted(state.umask(), state.workingDirectory(), state.descriptors(), state.files())
        .replaceAll("@[0-9a-f]+", "");
  }
}
