package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.linux.fd.ContentFile;
import io.hyperlight.internal.linux.fd.OpenFile;
import io.hyperlight.internal.linux.fd.ProcessFiles;
import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.pseudo.PseudoDevice;
import io.hyperlight.internal.linux.pseudo.PseudoNode;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.Seals;
import io.hyperlight.internal.vfs.SharedContent;
import org.jspecify.annotations.Nullable;

/**
 * Says what {@code mmap(2)} maps: anonymous memory, or a file from an offset on. A shared mapping
 * can be written if the file is in memory.
 *
 * @param object null for private anonymous memory
 * @param mayBecomeWritable whether {@code mprotect} may make it writable
 */
record FileMapping(
    @Nullable MappedObject object, long offset, boolean shared, boolean mayBecomeWritable) {
  private static final long PROT_WRITE = 2;
  private static final long PROT_EXEC = 4;

  /** Returns a mapping of zeros. */
  static FileMapping anonymous(boolean shared, long size) {
    return new FileMapping(shared ? new MappedObject.SharedZeros(size) : null, 0, shared, true);
  }

  /**
   * Returns the mapping of a file after checking that it is allowed.
   *
   * @param offset a multiple of the page size; any such value
   * @param mayMakeCode whether code may come from files that the guest can write
   * @throws FileException EBADF, EACCES, ENODEV, EPERM, EOVERFLOW, ENFILE, ENOMEM
   */
  static FileMapping of(
      ProcessFiles files,
      MappedFiles mapped,
      HeapBudget heap,
      int descriptor,
      long offset,
      long size,
      long protection,
      boolean shared,
      boolean mayMakeCode) {
    OpenFile file = files.descriptors().get(descriptor);
    if (offset < 0 || offset > Long.MAX_VALUE - size) {
      throw new FileException(Errno.EOVERFLOW);
    }
    boolean writes = shared && (protection & PROT_WRITE) != 0;
    if (!file.isReadable() || (writes && !file.isWritable())) {
      throw new FileException(Errno.EACCES);
    }
    if (!(file instanceof ContentFile content)) {
      throw new FileException(Errno.ENODEV);
    }
    if (PseudoDevice.isZeros(content.content())) {
      return new FileMapping(
          shared ? new MappedObject.SharedZeros(size) : null,
          0,
          shared,
          !shared || file.isWritable());
    }
    Node node = file.place().node();
    if (!content.isRegular()
        || (node instanceof PseudoNode made && !made.isMappable())
        || (writes && !isShareable(content.content()))) {
      throw new FileException(Errno.ENODEV);
    }
    if ((protection & PROT_EXEC) != 0 && !mayMakeCode && node.isWritable()) {
      throw new FileException(Errno.EPERM); // as on a file system that is mounted noexec
    }
    boolean sealed =
        content.content() instanceof SharedContent known && Seals.forbidWrites(known.seals());
    if (writes && sealed) {
      throw new FileException(Errno.EPERM);
    }
    MappedObject object =
        mapped.of(content.content(), file.place(), files.fileSystem().counterparts(), heap);
    boolean mayWrite = !shared || (!sealed && file.isWritable() && isShareable(content.content()));
    return new FileMapping(object, offset, shared, mayWrite);
  }

  private static boolean isShareable(FileContent content) {
    return content instanceof SharedContent shared && shared.isShareable();
  }

  /** Answers whether its pages are those of a file, which has a limit of its own. */
  boolean hasRoomOfFile() {
    return shared && object instanceof MappedObject.OfFile;
  }

  /** Returns the area of this mapping; null for private anonymous memory. */
  @Nullable MappedArea area(long start, long size, Protection protection) {
    return object == null
        ? null
        : new MappedArea(
            start,
            start + size,
            object,
            offset,
            shared,
            mayBecomeWritable,
            protection,
            protection.writable());
  }

  /** Keeps the object alive. Making room for the mapping may unmap the object. */
  void hold() {
    if (object != null) {
      object.retain();
    }
  }

  /** Ends {@link #hold}. Closes the object if it was not mapped in the end. */
  void release(MappedFiles files) {
    if (object != null) {
      files.release(object);
    }
  }
}
