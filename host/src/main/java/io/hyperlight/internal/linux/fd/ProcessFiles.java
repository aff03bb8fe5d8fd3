package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.limits.HeapBudget;
import io.hyperlight.internal.linux.limits.ResourceLimits;
import io.hyperlight.internal.linux.wait.WaitSource;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.restore.Restorable;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Hold;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.PathResolver;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds the files of a process: descriptors, a working directory and the mask for permissions of
 * new files. A restore resets all of them. It costs nothing if nothing has changed.
 */
public final class ProcessFiles implements Restorable<FileState>, AutoCloseable {
  private final WorldFiles world;
  private final Changes changes;
  private final Checkpoint checkpoint;
  private final Descriptors descriptors;
  private final WaitSource signalArrivals;

  private @Nullable PathResolver paths;

  /** Null for the root. */
  private @Nullable Location workingDirectory;

  /** Keeps the working directory alive. */
  private Hold directoryHold = Hold.NONE;

  private int umask;

  /** The state to which all this was restored last. */
  private @Nullable FileState base;

  /**
   * Creates the files of a process, without descriptors. A state has to be restored first.
   *
   * @param signalArrivals changes when the process gets a signal
   */
  public ProcessFiles(WorldFiles world, ResourceLimits limits, WaitSource signalArrivals) {
    this.signalArrivals = signalArrivals;
    this.world = world;
    changes = world.changes();
    checkpoint = world.checkpoint();
    descriptors = new Descriptors(changes, limits);
    world.add(this);
  }

  /** Returns the files that this process shares with others. */
  public WorldFiles world() {
    return world;
  }

  public FileSystem fileSystem() {
    return world.fileSystem();
  }

  /** Returns the resolver of this process's paths. */
  public PathResolver paths() {
    PathResolver there = paths;
    if (there == null) {
      there = new PathResolver(fileSystem().root(), checkpoint);
      paths = there;
    }
    return there;
  }

  public Descriptors descriptors() {
    return descriptors;
  }

  public Location workingDirectory() {
    Location directory = workingDirectory;
    return directory == null ? paths().root() : directory;
  }

  public void setWorkingDirectory(Location directory) {
    changes.note();
    Hold next = directory.node().hold();
    directoryHold.close();
    directoryHold = next;
    workingDirectory = directory;
  }

  public int umask() {
    return umask;
  }

  public void setUmask(int mask) {
    changes.note();
    umask = mask;
  }

  /**
   * Returns roughly how many bytes of the Java heap the descriptors and the working directory cost.
   */
  long heapBytes() {
    long bytes = workingDirectory == null ? 0 : HeapBudget.of(workingDirectory);
    for (int number = 0; number < Descriptors.MAX; number++) {
      checkpoint.pass();
      OpenFile file = descriptors.find(number);
      bytes += file == null ? 0 : file.heapShare();
    }
    return bytes;
  }

  /** Adds the files that have descriptors. */
  void addOpen(List<OpenFile> open) {
    for (int number = 0; number < Descriptors.MAX; number++) {
      OpenFile file = descriptors.find(number);
      if (file != null) {
        open.add(file);
      }
    }
  }

  /** Marks open files and the working directory whose name was removed. */
  void removed(Location gone) {
    if (workingDirectory().isAt(gone)) {
      setWorkingDirectory(gone.removed());
    }
    for (int number = 0; number < Descriptors.MAX; number++) {
      checkpoint.pass();
      OpenFile file = descriptors.find(number);
      Location at = file == null ? null : file.location();
      if (file != null && at != null && at.isAt(gone)) {
        file.moved(gone.removed());
      }
    }
  }

  /** Collects what a rename changes in the descriptors and the working directory. */
  void follow(
      Location before,
      Location then,
      IdentityHashMap<Location, Location> known,
      WorldFiles.Following following) {
    Location here = workingDirectory();
    Location there = here.moved(before, then, known, checkpoint);
    if (there != null) {
      following.add(here, there, () -> setWorkingDirectory(there));
    }
    for (int number = 0; number < Descriptors.MAX; number++) {
      checkpoint.pass();
      OpenFile file = descriptors.find(number);
      Location at = file == null ? null : file.location();
      Location moved = at == null ? null : at.moved(before, then, known, checkpoint);
      if (file != null && at != null && moved != null) {
        following.add(at, moved, () -> file.moved(moved));
      }
    }
  }

  /** Returns a copy of all state. The caller closes it. */
  public FileState freeze() {
    FileSaver saver = new FileSaver();
    List<FileState.Descriptor> open = new ArrayList<>();
    try {
      for (int number = 0; number < Descriptors.MAX; number++) {
        OpenFile file = descriptors.find(number);
        if (file != null) {
          boolean cloexec = descriptors.isCloseOnExec(number);
          open.add(new FileState.Descriptor(number, saver.file(file), cloexec));
        }
      }
      return new FileState(
          saver.saveFiles(),
          open,
          saver.pipes(),
          workingDirectory == null || workingDirectory.parent() == null ? null : workingDirectory,
          umask,
          world.existing() == null ? null : world.fileSystem().freeze());
    } catch (Throwable t) {
      saver.close();
      throw t;
    }
  }

  /** Restores an earlier state, which may be of another guest with the same mounts. */
  @Override
  public void restore(FileState earlier) {
    // A restore makes open contents invalid, so these must be opened again.
    if (!isAt(earlier) || changes.any() || earlier.reopens()) {
      base = null; // until the restore is done
      changes.note();
      // The file system first: this drops at once all that only descriptors keep, however much it
      // is.
      restoreFileSystem(earlier);
      descriptors.closeAll();
      world.fifos().forgetOpening();
      world.dropWithoutDescriptors();
      IdentityHashMap<Location, Location> known = new IdentityHashMap<>(0); // most have none
      restoreDescriptors(earlier, known);
      Location directory = earlier.workingDirectory();
      workingDirectory =
          directory == null ? null : directory.in(fileSystem().counterparts(), known);
      directoryHold.close();
      directoryHold = workingDirectory == null ? Hold.NONE : workingDirectory.node().hold();
      umask = earlier.umask();
      base = earlier;
      changes.forget();
    } else {
      restoreFileSystem(earlier);
      base = earlier;
    }
  }

  /** Answers whether only the file system can differ from an earlier state. */
  private boolean isAt(FileState earlier) {
    return earlier == base || (base != null && base.isInitial() && earlier.isInitial());
  }

  private void restoreFileSystem(FileState earlier) {
    FileSystem.State state = earlier.fileSystem();
    if (state != null) {
      fileSystem().restore(state);
    }
  }

  private void restoreDescriptors(FileState earlier, IdentityHashMap<Location, Location> known) {
    world.setPipes(earlier.pipes(), earlier.files());
    world.setEventNumber(earlier.files());
    FileRestorer restorer = new FileRestorer(earlier, world, signalArrivals, known);
    for (FileState.Descriptor descriptor : earlier.descriptors()) {
      OpenFile file = restorer.file(descriptor.file());
      descriptors.put(descriptor.number(), file, descriptor.closeOnExec());
    }
    restorer.link();
  }

  @Override
  public void close() {
    try {
      descriptors.closeAll();
    } finally {
      world.dropWithoutDescriptors();
    }
  }
}
