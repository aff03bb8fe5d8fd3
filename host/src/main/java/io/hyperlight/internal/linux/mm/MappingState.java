package io.hyperlight.internal.linux.mm;

import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.Location;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot keeps of the objects that memory is of. Immutable, safe for use by many threads.
 *
 * <p>As {@link FileState}, it may hold descriptors of the host: counted, so that they stay while
 * somebody makes a guest of it, and are closed with the snapshot.
 */
public final class MappingState implements AutoCloseable {
  /** Of a program that has mapped no objects and has all that it began with. */
  public static final MappingState INITIAL = new MappingState(List.of(), List.of());

  /**
   * An object.
   *
   * @param content as {@link FileContent#kept} gives it; null for memory without a name
   * @param size of memory without a name
   */
  record SavedObject(@Nullable FileContent content, @Nullable Location location, long size) {}

  /**
   * An area.
   *
   * @param area with an object that does not matter
   * @param object its place in the list of objects
   */
  record SavedArea(MappedArea area, int object) {}

  private final List<SavedObject> objects;
  private final List<SavedArea> areas;
  private int users = 1;
  private boolean closed;

  /** Takes over what the objects hold. */
  MappingState(List<SavedObject> objects, List<SavedArea> areas) {
    this.objects = List.copyOf(objects);
    this.areas = List.copyOf(areas);
  }

  /** Whether a program begins like this. */
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
   * Keeps what it holds until {@link #release}, also if it is closed meanwhile.
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

  /** Ends what {@link #retain} began. */
  public void release() {
    if (!objects.isEmpty()) {
      synchronized (this) {
        if (--users == 0) {
          close(objects);
        }
      }
    }
  }

  /** Gives up what it holds of the host. A second call does nothing. */
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
