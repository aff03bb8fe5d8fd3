package io.hyperlight.internal.machine.memory;

import org.jspecify.annotations.Nullable;

/**
 * What a mapping is of. A mapping keeps it, with the right offset, however it is cut or moved.
 *
 * @param object whatever stands for the file or the object; null for anonymous memory
 * @param offset of the mapping's first byte in it; 0 for anonymous memory
 */
public record MappingSource(Kind kind, @Nullable Object object, long offset) {
  /** Who sees what is written to a mapping, and what it holds at first. */
  public enum Kind {
    /** Zeros at first. A write is seen by this mapping only. */
    ANONYMOUS,
    /** A private copy of a part of a file. A write is seen by this mapping only. */
    FILE,
    /** A part of an object that others may map, too. All of them see each other's writes. */
    SHARED
  }

  /** Memory that is of nothing else. */
  public static final MappingSource ANONYMOUS = new MappingSource(Kind.ANONYMOUS, null, 0);

  /** A private copy of a file from an offset on. */
  public static MappingSource file(Object file, long offset) {
    return new MappingSource(Kind.FILE, file, offset);
  }

  /** A shared object from an offset on. */
  public static MappingSource shared(Object object, long offset) {
    return new MappingSource(Kind.SHARED, object, offset);
  }

  /** Whether a write to the mapping is a write to the memory of all that map the same. */
  public boolean isShared() {
    return kind == Kind.SHARED;
  }

  /** What the mapping is of from a later byte on. */
  MappingSource from(long bytes) {
    return kind == Kind.ANONYMOUS || bytes == 0
        ? this
        : new MappingSource(kind, object, offset + bytes);
  }

  /** The same contents, for a mapping whose writes nobody else is to see. */
  MappingSource privately() {
    return isShared() ? new MappingSource(Kind.FILE, object, offset) : this;
  }
}
