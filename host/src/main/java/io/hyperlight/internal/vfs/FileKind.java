package io.hyperlight.internal.vfs;

/** The kinds of files. Files of other kinds on the host are invisible to guests. */
public enum FileKind {
  REGULAR(0100000, 8),
  DIRECTORY(0040000, 4),
  SYMBOLIC_LINK(0120000, 10),
  CHARACTER_DEVICE(0020000, 2),
  PIPE(0010000, 1),
  SOCKET(0140000, 12),
  /** Of a file without a name that is none of the others, such as a counter of events. */
  ANONYMOUS(0, 0);

  private final int mode;
  private final int entryType;

  FileKind(int mode, int entryType) {
    this.mode = mode;
    this.entryType = entryType;
  }

  /** Returns the kind's bits in {@code st_mode}. */
  public int mode() {
    return mode;
  }

  /** Returns the kind as {@code d_type} of {@code struct linux_dirent64}. */
  public int entryType() {
    return entryType;
  }
}
