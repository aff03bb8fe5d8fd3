package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds mapped objects in a snapshot. Immutable, safe for use by many threads.
 *
 * <p>Like {@link FileState}, it may hold descriptors of the host. These are counted: they stay open
 * while a guest is being spawned from it, and are closed with the snapshot.
 */
public final class MappingState implements AutoCloseable {
  /**
   * The state of a program that has mapped no objects and has unmapped none of its initial ones.
   */
  public static final MappingState INITIAL = new MappingState(List.of(), List.of());

  /**
   * Holds an object.
   *
   * @param content as {@link FileContent#kept} returns it; null for memory without a name
   * @param size of memory without a name
   */
  record SavedObject(@Nullable FileContent content, @Nullable Location location, long size) {}

  /**
   * Holds an area.
   *
   * @param area with a placeholder for its object
   * @param object its index in the list of objects
   */
  record SavedArea(MappedArea area, int object) {}

  private final List<SavedObject> objects;
  private final List<SavedArea> areas;
  private int users = 1;
  private boolean closed;

  /** Creates a state and takes ownership of what the objects hold. */
  MappingState(List<SavedObject> objects, List<SavedArea> areas) {
    this.objects = List.copyOf(objects);
    this.areas = List.copyOf(areas);
  }

  /** Answers whether this is the state of a starting program. */
  public boolean isInitial() {
    return this == INITIAL;
  }

  List<SavedObject> objects() {
    return objects;
  }

  List<SavedArea> areas() {
    return areas;
  }

  /**
   * Keeps the host resources of this state until {@link #release}, even if the state is closed in
   * between.
   *
   * @throws ImageClosedException if it is closed already
   */
  public void retain() {
    if (!objects.isEmpty()) {
      synchronized (this) {
        if (closed) {
          throw new ImageClosedException();
        }
        users++;
      }
    }
  }

  /** Releases what {@link #retain} kept. */
  public void release() {
    if (!objects.isEmpty()) {
      synchronized (this) {
        if (--users == 0) {
          close(objects);
        }
      }
    }
  }

  /** Releases the host resources of this state. A second call does nothing. */
  @Override
  public void close() {
    if (!objects.isEmpty()) {
      synchronized (this) {
        if (!closed) {
          closed = true;
          release();
        }
      }
    }
  }

  static void close(List<SavedObject> objects) {
    Closing.all(
        objects,
        object -> {
          FileContent content = object.content();
          if (content != null) {
            content.close();
          }
        });
  }
}
