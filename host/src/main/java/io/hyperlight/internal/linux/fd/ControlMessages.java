package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.TaskIdentity;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The control messages of {@code sendmsg(2)} and {@code recvmsg(2)}: descriptors and credentials.
 *
 * <p><b>Boundary.</b> Lengths and types in the guest's buffer are hostile.
 */
final class ControlMessages {
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int SCM_CREDENTIALS = 2;

  /** The size of {@code struct cmsghdr}. Messages are aligned to 8 bytes. */
  private static final int HEADER = 16;

  private static final int CREDENTIALS = 12;

  /** The most descriptors in one message: {@code SCM_MAX_FD}. */
  private static final int MAX_FILES = 253;

  /** The largest buffer that Linux copies: {@code optmem_max}. */
  private static final int MAX_BYTES = 1 << 17;

  private ControlMessages() {}

  /** Reads the files that a program sends. */
  static List<OpenFile> read(
      GuestMemory memory, long address, long size, Descriptors descriptors, TaskIdentity identity) {
    if (Long.compareUnsigned(size, MAX_BYTES) > 0) {
      throw new FileException(Errno.ENOBUFS);
    }
    List<OpenFile> files = new ArrayList<>(0);
    ByteBuffer control = memory.readStruct(address, (int) size);
    for (int at = 0; size - at >= HEADER; ) {
      long length = control.getLong(at);
      if (length < HEADER || length > size - at) {
        throw new FileException(Errno.EINVAL);
      }
      if (control.getInt(at + 8) == SOL_SOCKET) {
        int content = (int) length - HEADER;
        switch (control.getInt(at + 12)) {
          case SCM_RIGHTS -> addFiles(control, at + HEADER, content / 4, descriptors, files);
          case SCM_CREDENTIALS -> checkCredentials(control, at + HEADER, content, identity);
          default -> throw new FileException(Errno.EINVAL);
        }
      }
      at += (int) (length + 7 & ~7L);
    }
    return files;
  }

  private static void addFiles(
      ByteBuffer control, int at, int count, Descriptors descriptors, List<OpenFile> files) {
    if (count > MAX_FILES - files.size()) {
      throw new FileException(Errno.EINVAL);
    }
    for (int i = 0; i < count; i++) {
      files.add(descriptors.any(control.getInt(at + i * 4)));
    }
  }

  private static void checkCredentials(
      ByteBuffer control, int at, int size, TaskIdentity identity) {
    if (size != CREDENTIALS) {
      throw new FileException(Errno.EINVAL);
    }
    if (control.getInt(at) != identity.process()
        || control.getInt(at + 4) != identity.user()
        || control.getInt(at + 8) != identity.user()) {
      throw new FileException(Errno.EPERM);
    }
  }

  /** A buffer of the guest that is filled. */
  static final class Writer {
    private final GuestMemory memory;
    private final long start;
    private final long size;
    private long written;
    private boolean isCut;

    Writer(GuestMemory memory, long start, long size) {
      this.memory = memory;
      this.start = start;
      this.size = size;
    }

    long written() {
      return written;
    }

    /** Answers whether something did not fit. */
    boolean isCut() {
      return isCut;
    }

    /** Returns how many bytes of content another message can have; negative for none at all. */
    long room() {
      return start == 0 ? -1 : size - written - HEADER;
    }

    void putCredentials(TaskIdentity identity) {
      put(
          SCM_CREDENTIALS,
          GuestMemory.struct(CREDENTIALS)
              .putInt(identity.process())
              .putInt(identity.user())
              .putInt(identity.user()));
    }

    /** Gives the program descriptors of files that it has received. The rest is dropped. */
    void putFiles(List<OpenFile> files, Descriptors descriptors, boolean cloexec) {
      int most = Math.clamp(room() / 4, 0, files.size());
      ByteBuffer numbers = GuestMemory.struct(most * 4);
      try {
        while (numbers.hasRemaining()) {
          numbers.putInt(descriptors.add(files.get(numbers.position() / 4), 0, cloexec));
        }
      } catch (FileException e) {
        // EMFILE: no more descriptors
      }
      int installed = numbers.position() / 4;
      if (installed > 0) {
        byte[] bytes = new byte[installed * 4];
        numbers.get(0, bytes);
        put(SCM_RIGHTS, GuestMemory.struct(bytes.length).put(bytes));
      }
      isCut |= installed < files.size();
    }

    private void put(int type, ByteBuffer content) {
      long room = room();
      if (room < 0) {
        isCut = true;
        return;
      }
      int length = (int) Math.min(room, content.capacity());
      isCut |= length < content.capacity();
      byte[] bytes = new byte[length];
      content.get(0, bytes);
      memory.write(
          start + written,
          GuestMemory.struct(HEADER + length)
              .putLong(HEADER + length)
              .putInt(SOL_SOCKET)
              .putInt(type)
              .put(bytes));
      written = Math.min(size, written + (HEADER + length + 7 & ~7));
    }
  }
}
