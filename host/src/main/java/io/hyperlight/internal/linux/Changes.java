package io.hyperlight.internal.linux;

/**
 * What the open files of a process share: whether anything about descriptors is different from the
 * state they were restored to, and how large files may become.
 */
final class Changes {
  private final FileSizeLimit fileSize = new FileSizeLimit();
  private boolean any = true;

  FileSizeLimit fileSize() {
    return fileSize;
  }

  void note() {
    any = true;
  }

  void forget() {
    any = false;
  }

  boolean any() {
    return any;
  }
}
