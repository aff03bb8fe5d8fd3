package io.hyperlight.internal.linux.pseudo;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.nio.charset.StandardCharsets;

/**
 * A text that is generated piece by piece while it is read. It may be of any length: only the last
 * piece is kept. As with {@code proc(5)}, changes in between show in the rest of the text.
 */
public final class PseudoLines extends PseudoNode {
  private static final long START = 0;

  /** The result of {@link Source#next} at the end. */
  public static final long END = -1;

  /** Generates the text. */
  @FunctionalInterface
  public interface Source {
    /**
     * Appends the next piece, with one character per byte. It may be empty.
     *
     * @param key 0 at the beginning, then the last result
     * @return the key of the following piece; {@link #END} after the last
     */
    long next(long key, StringBuilder text);
  }

  private final Checkpoint checkpoint;
  private final Source source;

  public PseudoLines(String path, long inode, Checkpoint checkpoint, Source source) {
    super(path, inode, FileKind.REGULAR, 0444);
    this.checkpoint = checkpoint;
    this.source = source;
  }

  @Override
  public boolean isText() {
    return true;
  }

  @Override
  public FileContent open(boolean write) {
    if (write) {
      throw new FileException(Errno.EROFS);
    }
    return new Content(this);
  }

  private static final class Content extends PseudoContent<PseudoLines> {
    private byte[] piece = new byte[0];

    /** The offset at which the piece begins. */
    private long begin;

    private long key = START;

    Content(PseudoLines file) {
      super(file);
    }

    @Override
    public int read(long offset, byte[] target, int from, int length) {
      if (offset < begin) {
        begin = 0;
        piece = new byte[0];
        key = START;
      }
      int done = 0;
      while (done < length) {
        long at = offset + done - begin;
        if (at < piece.length) {
          int count = (int) Math.min(length - done, piece.length - at);
          System.arraycopy(piece, (int) at, target, from + done, count);
          done += count;
        } else if (key == END) {
          break;
        } else {
          advance();
        }
      }
      return done;
    }

    private void advance() {
      file().checkpoint.pass();
      StringBuilder text = new StringBuilder();
      key = file().source.next(key, text);
      begin += piece.length;
      piece = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
  }
}
