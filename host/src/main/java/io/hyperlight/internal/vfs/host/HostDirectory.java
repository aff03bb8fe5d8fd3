package io.hyperlight.internal.vfs.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.os.FileCalls;
import io.hyperlight.internal.os.HostDescriptors;
import io.hyperlight.internal.os.HostFileStatus;
import io.hyperlight.internal.vfs.DirectoryEntry;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a directory of the host: {@code struct linux_dirent64}, {@code getdents(2)}. */
final class HostDirectory {
  private static final int BUFFER = 32 * 1024;

  private static final int LENGTH_OFFSET = 16;
  private static final int TYPE_OFFSET = 18;
  private static final int NAME_OFFSET = 19;

  /** {@code DT_UNKNOWN}: some file systems do not tell the type. */
  private static final int UNKNOWN = 0;

  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final int descriptor;
  private final Checkpoint checkpoint;
  private final List<DirectoryEntry> entries = new ArrayList<>();

  /** How many more bytes of the heap the entries may take. */
  private long leftBytes;

  /**
   * Prepares to read a directory.
   *
   * @param descriptor of the directory, at its start
   * @param maxBytes of the heap that the entries may take
   */
  HostDirectory(int descriptor, Checkpoint checkpoint, long maxBytes) {
    this.descriptor = descriptor;
    this.checkpoint = checkpoint;
    leftBytes = maxBytes;
  }

  /**
   * Reads all entries of the visible kinds, without "." and "..".
   *
   * @throws FileException ENOMEM if they take too much of the heap
   */
  List<DirectoryEntry> read() {
    byte[] buffer = new byte[BUFFER];
    while (true) {
      int size = FileCalls.getdents64(descriptor, buffer);
      if (size < 0) {
        throw new FileException(HostView.forGuest(-size));
      }
      if (size == 0) {
        return entries;
      }
      for (int at = 0;
          at < size;
          at += Short.toUnsignedInt((short) U16.get(buffer, at + LENGTH_OFFSET))) {
        checkpoint.pass();
        add(buffer, at);
      }
    }
  }

  private void add(byte[] buffer, int at) {
    int start = at + NAME_OFFSET;
    int end = start;
    while (buffer[end] != 0) {
      end++;
    }
    String name = new String(buffer, start, end - start, ISO_8859_1);
    if (name.equals(".") || name.equals("..")) {
      return;
    }
    FileKind kind = kind(name, buffer[at + TYPE_OFFSET]);
    if (kind != null) {
      DirectoryEntry entry = new DirectoryEntry(name, (long) U64.get(buffer, at), kind);
      leftBytes -= entry.heapBytes();
      if (leftBytes < 0) {
        throw new FileException(Errno.ENOMEM);
      }
      entries.add(entry);
    }
  }

  private @Nullable FileKind kind(String name, int type) {
    if (type == UNKNOWN) {
      return look(name);
    }
    for (FileKind kind : List.of(FileKind.REGULAR, FileKind.DIRECTORY, FileKind.SYMBOLIC_LINK)) {
      if (kind.entryType() == type) {
        return kind;
      }
    }
    return null;
  }

  private @Nullable FileKind look(String name) {
    int found =
        FileCalls.openat2(
            descriptor,
            name.getBytes(ISO_8859_1),
            FileCalls.O_PATH | FileCalls.O_NOFOLLOW,
            HostView.CONFINED);
    if (found < 0) {
      return null; // removed meanwhile, or invisible
    }
    try {
      HostFileStatus status = FileCalls.fstat(found);
      return HostView.kind(status);
    } finally {
      HostDescriptors.close(found);
    }
  }
}
