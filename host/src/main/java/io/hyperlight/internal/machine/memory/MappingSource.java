package io.hyperlight.internal.machine.memory;

import org.jspecify.annotations.Nullable;

/**
 * The source of a mapping: anonymous memory, a file or a shared object. It stays with the mapping,
 * with the right offset, however the mapping is cut or moved.
 *
 * @param object stands for the file or the object; null for anonymous memory
 * @param offset of the mapping's first byte in it; 0 for anonymous memory
 */
public record MappingSource(Kind kind, @Nullable Object object, long offset) {
  /**
   * The kind of a source. It decides what a mapping contains at first, and which mappings see its
   * writes.
   */
  public enum Kind {
    /** It contains zeros at first. Only this mapping sees its writes. */
    ANONYMOUS,
    /** It is a private copy of a part of a file. Only this mapping sees its writes. */
    FILE,
    /** It is a part of an object that others may map, too. All of them see each other's writes. */
    SHARED
  }

  /** The source of anonymous memory. */
  public static final MappingSource ANONYMOUS = new MappingSource(Kind.ANONYMOUS, null, 0);

  /** Returns the source of a private copy of a file from an offset on. */
  public static MappingSource file(Object file, long offset) {
    return new MappingSource(Kind.FILE, file, offset);
  }

  /** Returns the source of a shared object from an offset on. */
  public static MappingSource shared(Object object, long offset) {
    return new MappingSource(Kind.SHARED, object, offset);
  }

  /**
   * Returns whether all mappings of the object share their memory, so that they see each other's
   * writes.
   */
  public boolean isShared() {
    return kind == Kind.SHARED;
  }

  /** Returns the source of the mapping from a later byte on. */
  MappingSource from(long bytes) {
    return kind == Kind.ANONYMOUS || bytes == 0
        ? this
        : new MappingSource(kind, object, offset + bytes);
  }

  /** Returns a source with the same contents, for a mapping whose writes no other mapping sees. */
  MappingSource privately() {
    return isShared() ? new MappingSource(Kind.FILE, object, offset) : this;
  }
}
