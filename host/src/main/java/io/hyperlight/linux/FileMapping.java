package io.hyperlight.linux;

import io.hyperlight.files.FileContent;
import io.hyperlight.files.FileException;
import io.hyperlight.files.Node;
import io.hyperlight.os.Errno;
import io.hyperlight.vm.AddressSpace;

/**
 * What {@code mmap(2)} maps of a file: a copy of its contents at that moment. So a private mapping
 * is what it is on Linux, as long as nobody writes the file; a shared one can be had to be read
 * only, and does not see later changes. Behind the end of the file there are zeros, also where
 * Linux has a SIGBUS.
 */
final class FileMapping {
  /** How much is copied at a time. */
  private static final int PIECE = 1 << 16;

  private static final long PROT_WRITE = 2;
  private static final long PROT_EXEC = 4;

  private final FileContent content;
  private final long offset;

  private FileMapping(FileContent content, long offset) {
    this.content = content;
    this.offset = offset;
  }

  /**
   * A mapping that is allowed.
   *
   * @param offset a multiple of the page size, any value but for that
   * @param mayMakeCode whether code may come from files that the guest can write
   * @throws FileException EBADF, EACCES, ENODEV, EPERM, EOVERFLOW
   */
  static FileMapping of(
      SystemCalls guest,
      long descriptor,
      long offset,
      long size,
      long protection,
      boolean shared,
      boolean mayMakeCode) {
    OpenFile file = guest.files().descriptors().get(descriptor);
    if (offset < 0 || offset > Long.MAX_VALUE - size) {
      throw new FileException(Errno.EOVERFLOW);
    }
    boolean writes = shared && (protection & PROT_WRITE) != 0;
    if (!file.isReadable() || (writes && !file.isWritable())) {
      throw new FileException(Errno.EACCES);
    }
    boolean zeros = file instanceof ContentFile device && MadeUpDevice.isZeros(device.content());
    if (!(file instanceof ContentFile content) || !(content.isRegular() || zeros) || writes) {
      throw new FileException(Errno.ENODEV);
    }
    if ((protection & PROT_EXEC) != 0 && !mayMakeCode && isChangeable(file.place().node())) {
      throw new FileException(Errno.EPERM); // as on a file system that is mounted noexec
    }
    return new FileMapping(content.content(), offset);
  }

  /** Whether what is in the file may be data that the guest has put there. */
  private static boolean isChangeable(Node node) {
    return node.isWritable() || node instanceof MadeUpNode;
  }

  /**
   * Copies contents to memory that is zeros.
   *
   * @throws FileException if reading fails
   */
  void copyTo(AddressSpace space, long address, long size) {
    byte[] piece = new byte[(int) Math.min(PIECE, size)];
    for (long done = 0; done < size; ) {
      int length = (int) Math.min(piece.length, size - done);
      int read = content.read(offset + done, piece, 0, length);
      if (read == 0) {
        return;
      }
      space.initialise(address + done, piece, 0, read);
      done += read;
    }
  }
}
