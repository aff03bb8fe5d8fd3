package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.machine.ImageClosedException;
import io.hyperlight.internal.os.Closing;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.spi.Extension;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds a guest's files and descriptors in a snapshot. Immutable, safe for use by many threads.
 *
 * <p>It may hold descriptors of the host for files that are open in it. These are counted: they
 * stay open while a guest is being spawned from it, and are closed with the snapshot.
 */
public final class FileState implements AutoCloseable {
  static final int INITIAL_UMASK = 022;

  /** The state of a new program without any files. */
  public static final FileState INITIAL =
      new FileState(
          List.of(
              new SavedFile.Stream(OpenFlags.O_RDONLY, StandardStream.INPUT),
              new SavedFile.Stream(OpenFlags.O_WRONLY, StandardStream.OUTPUT),
              new SavedFile.Stream(OpenFlags.O_WRONLY, StandardStream.ERROR)),
          List.of(
              new Descriptor(0, 0, false),
              new Descriptor(1, 1, false),
              new Descriptor(2, 2, false)),
          List.of(),
          null,
          INITIAL_UMASK,
          null);

  /** Returns the state of a new program with descriptors that host code answers. */
  public static FileState initial(List<Extension> extensions) {
    if (extensions.isEmpty()) {
      return INITIAL;
    }
    List<SavedFile> files = new ArrayList<>(INITIAL.files);
    List<Descriptor> descriptors = new ArrayList<>(INITIAL.descriptors);
    for (int index = 0; index < extensions.size(); index++) {
      if (extensions.get(index) instanceof Extension.Descriptor channel) {
        descriptors.add(new Descriptor(channel.number(), files.size(), false));
        files.add(new SavedFile.Channel(OpenFlags.O_RDWR, index));
      }
    }
    return files.size() == INITIAL.files.size()
        ? INITIAL
        : new FileState(files, descriptors, List.of(), null, INITIAL_UMASK, null);
  }

  /**
   * Holds a descriptor.
   *
   * @param file its index in the list of open files
   */
  record Descriptor(int number, int file, boolean closeOnExec) {}

  private final List<SavedFile> files;
  private final List<Descriptor> descriptors;
  private final List<Pipe> pipes;
  private final @Nullable Location workingDirectory;
  private final int umask;
  private final FileSystem.@Nullable State fileSystem;

  private final boolean holdsContents;
  private final boolean hasChannels;
  private final boolean keepsFiles;
  private int users = 1;
  private boolean closed;

  /**
   * Creates a state and takes ownership of what the files hold.
   *
   * @param pipes copies that no guest uses
   * @param workingDirectory null for the root
   * @param fileSystem null if nothing in it can be written
   */
  FileState(
      List<SavedFile> files,
      List<Descriptor> descriptors,
      List<Pipe> pipes,
      @Nullable Location workingDirectory,
      int umask,
      FileSystem.@Nullable State fileSystem) {
    this.files = List.copyOf(files);
    this.descriptors = List.copyOf(descriptors);
    this.pipes = List.copyOf(pipes);
    this.workingDirectory = workingDirectory;
    this.umask = umask;
    this.fileSystem = fileSystem;
    hasChannels = files.stream().anyMatch(SavedFile.Channel.class::isInstance);
    holdsContents = files.stream().anyMatch(SavedFile.Content.class::isInstance);
    keepsFiles =
        canBeHeld(workingDirectory) || files.stream().anyMatch(file -> canBeHeld(file.location()));
  }

  /**
   * Answers whether this state equals that of a new program. Of the contents of the file system,
   * only shared memory counts.
   */
  public boolean isInitial() {
    return files.equals(INITIAL.files)
        && descriptors.equals(INITIAL.descriptors)
        && workingDirectory == null
        && umask == INITIAL_UMASK
        && (fileSystem == null || fileSystem.isWithoutSharedMemory());
  }

  private static boolean canBeHeld(@Nullable Location location) {
    return location != null && location.node().canBeHeld();
  }

  /**
   * Answers whether all files must be opened again after the file system was restored. That is so
   * if the file system forgets its open files, or host code may remember something.
   */
  boolean reopens() {
    return holdsContents || keepsFiles || hasChannels;
  }

  /** Whether a second restore does nothing where nobody has done anything since the first. */
  public boolean isStable() {
    return fileSystem == null && !reopens();
  }

  List<SavedFile> files() {
    return files;
  }

  List<Descriptor> descriptors() {
    return descriptors;
  }

  List<Pipe> pipes() {
    return pipes;
  }

  @Nullable Location workingDirectory() {
    return workingDirectory;
  }

  int umask() {
    return umask;
  }

  FileSystem.@Nullable State fileSystem() {
    return fileSystem;
  }

  /**
   * Keeps the host resources of this state until {@link #release}, even if the state is closed in
   * between.
   *
   * @throws ImageClosedException if it is closed already
   */
  public void retain() {
    if (holdsContents) {
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
    if (holdsContents) {
      synchronized (this) {
        if (--users == 0) {
          closeContents();
        }
      }
    }
  }

  /** Releases the host resources of this state. A second call does nothing. */
  @Override
  public void close() {
    if (holdsContents) {
      synchronized (this) {
        if (!closed) {
          closed = true;
          release();
        }
      }
    }
  }

  private void closeContents() {
    Closing.all(
        files,
        file -> {
          if (file instanceof SavedFile.Content open) {
            open.content().close();
          }
        });
  }
}
