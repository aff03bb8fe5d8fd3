package io.hyperlight.linux;

import io.hyperlight.files.FileContent;
import io.hyperlight.files.FileException;
import io.hyperlight.files.FileKind;
import io.hyperlight.files.FileStatus;
import io.hyperlight.files.FileSystem;
import io.hyperlight.os.Errno;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * A text that is made up when it is opened, and stays what it was then. As those of {@code
 * proc(5)}, it says that it is empty.
 */
final class MadeUpText extends MadeUpNode {
  private final Supplier<String> text;

  /**
   * A file.
   *
   * @param text with one character a byte
   */
  MadeUpText(String path, long inode, Supplier<String> text) {
    super(path, inode, FileKind.REGULAR, 0444);
    this.text = text;
  }

  @Override
  public FileContent open(boolean write) {
    if (write) {
      throw new FileException(Errno.EROFS);
    }
    return new Content(status(), text.get().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Holds nothing of anybody's, so that it can be everybody's. */
  private static final class Content implements FileContent {
    private final FileStatus status;
    private final byte[] bytes;

    Content(FileStatus status, byte[] bytes) {
      this.status = status;
      this.bytes = bytes;
    }

    @Override
    public FileStatus status() {
      return status;
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      int start = (int) Math.min(offset, bytes.length);
      int count = Math.min(length, bytes.length - start);
      System.arraycopy(bytes, start, target, from, count);
      return count;
    }

    @Override
    public long heapBytes() {
      return bytes.length;
    }

    @Override
    public FileContent in(FileSystem other) {
      return this;
    }

    @Override
    public void close() {}
  }
}
