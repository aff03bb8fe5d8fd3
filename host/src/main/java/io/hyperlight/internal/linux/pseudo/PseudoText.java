package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A text that is generated when it is opened, and does not change afterwards. Like the texts of
 * {@code proc(5)}, it has size 0.
 */
public class PseudoText extends PseudoNode {
  /** The ways in which Linux implements texts. They differ in what a seek does. */
  public enum Kind {
    /** A sequence: {@code seq_lseek}. */
    SEQUENCE(0, false),
    /** A plain file that says that its size is 0: {@code generic_file_llseek}. */
    PLAIN(0, true),
    /** A file of {@code sysfs(5)}, which says that its size is a page. */
    ATTRIBUTE(4096, true);

    private final long size;
    private final boolean end;

    Kind(long size, boolean end) {
      this.size = size;
      this.end = end;
    }
  }

  private final Kind textKind;
  private final Supplier<String> text;
  private final @Nullable ToIntFunction<byte[]> setter;

  /**
   * Creates a file.
   *
   * @param text generates the text, with one character per byte
   * @param setter takes the bytes that are written, and returns how many it took; null if the file
   *     cannot be written
   */
  public PseudoText(
      String path,
      long inode,
      Kind kind,
      Supplier<String> text,
      @Nullable ToIntFunction<byte[]> setter) {
    super(path, inode, FileKind.REGULAR, setter == null ? 0444 : 0644);
    textKind = kind;
    this.text = text;
    this.setter = setter;
  }

  @Override
  public final boolean isText() {
    return true;
  }

  @Override
  public final boolean hasEnd() {
    return textKind.end;
  }

  @Override
  protected final long size() {
    return textKind.size;
  }

  @Override
  public final FileContent open(boolean write) {
    if (write && setter == null) {
      throw new FileException(Errno.EACCES);
    }
    return new Content(this, text.get().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static final class Content extends PseudoContent<PseudoText> {
    private final byte[] bytes;

    Content(PseudoText file, byte[] bytes) {
      super(file);
      this.bytes = bytes;
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      int start = (int) Math.min(offset, bytes.length);
      int count = Math.min(length, bytes.length - start);
      System.arraycopy(bytes, start, target, from, count);
      return count;
    }

    @Override
    public int write(long offset, byte[] source, int from, int length) {
      ToIntFunction<byte[]> setter = file().setter;
      if (setter == null) {
        throw new FileException(Errno.EACCES);
      }
      return setter.applyAsInt(Arrays.copyOfRange(source, from, from + length));
    }

    /** Does nothing, as the kernel does. */
    @Override
    public void truncate(long size) {}

    @Override
    public long heapBytes() {
      return bytes.length;
    }

    @Override
    public FileContent in(Counterparts other) {
      return new Content((PseudoText) file().in(other), bytes);
    }
  }
}
