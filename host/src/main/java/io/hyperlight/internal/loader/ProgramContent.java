package io.hyperlight.internal.loader;

import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import java.time.Instant;
import java.util.List;

/** The content of a program's file. It holds no resources, so all sandboxes can share it. */
public final class ProgramContent implements FileContent {
  private final byte[] file;
  private final List<ElfSegment> segments;

  private ProgramContent(byte[] file, List<ElfSegment> segments) {
    this.file = file;
    this.segments = segments;
  }

  /** Returns the file as it is. */
  public static ProgramContent of(GuestProgram program) {
    return new ProgramContent(program.file(), List.of());
  }

  /**
   * Returns the file with the relocations that the host has applied, of which the program's memory
   * is a mapping.
   */
  public static ProgramContent relocated(GuestProgram program) {
    return new ProgramContent(program.file(), program.segments());
  }

  @Override
  public FileStatus status() {
    return new FileStatus(
        0,
        0,
        FileKind.REGULAR,
        0755,
        1,
        file.length,
        Instant.EPOCH,
        Instant.EPOCH,
        Instant.EPOCH,
        0);
  }

  @Override
  public FileKind kind() {
    return FileKind.REGULAR;
  }

  @Override
  public int read(long offset, byte[] target, int from, int length) {
    if (offset >= file.length) {
      return 0;
    }
    int count = (int) Math.min(length, file.length - offset);
    System.arraycopy(file, (int) offset, target, from, count);
    for (ElfSegment segment : segments) {
      byte[] contents = segment.contents().array();
      long first = Math.max(offset, segment.fileOffset());
      long last = Math.min(offset + count, segment.fileOffset() + contents.length);
      if (first < last) {
        System.arraycopy(
            contents,
            (int) (first - segment.fileOffset()),
            target,
            from + (int) (first - offset),
            (int) (last - first));
      }
    }
    return count;
  }

  @Override
  public FileContent in(Counterparts other) {
    return this;
  }

  @Override
  public void close() {}
}
