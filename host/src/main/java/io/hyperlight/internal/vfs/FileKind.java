package io.hyperlight.internal.vfs;

/** What a file is. There are no other kinds: what is something else on the host cannot be seen. */
public enum FileKind {
  REGULAR(0100000, 8),
  DIRECTORY(0040000, 4),
  SYMBOLIC_LINK(0120000, 10),
  CHARACTER_DEVICE(0020000, 2),
  PIPE(0010000, 1),
  SOCKET(0140000, 12);

  private final int mode;
  private final int entryType;

  FileKind(int mode, int entryType) {
    this.mode = mode;
    this.entryType = entryType;
  }

  /** The kind's bits in {@code st_mode}. */
  public int mode() {
    return mode;
  }

  /** {@code d_type} of {@code struct linux_dirent64}. */
  public int entryType() {
    return entryType;
  }
}
