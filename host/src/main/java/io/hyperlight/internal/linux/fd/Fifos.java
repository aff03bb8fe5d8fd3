package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.wait.Deadline;
import io.hyperlight.internal.linux.wait.InterruptedWaitException;
import io.hyperlight.internal.linux.wait.Restart;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The FIFOs that are open. The bytes in a FIFO belong to its open descriptors, not to the file.
 * They are gone when the last descriptor is closed.
 */
public final class Fifos {
  /** Immutable and empty until the first FIFO is opened. */
  private Map<Node, Pipe> open = Map.of();

  /**
   * Immutable and empty until a task waits: what tasks are opening that wait for the other end.
   * Linux counts these ends already.
   */
  private Map<TaskWait, PipeEnd> opening = Map.of();

  /**
   * Opens a FIFO, and waits until its other end is opened.
   *
   * @param flags access mode and status flags
   * @throws FileException ENXIO, EINVAL
   */
  public OpenFile open(WorldFiles files, Location location, int flags, TaskWait waiting) {
    boolean reads = OpenFlags.reads(flags);
    boolean writes = OpenFlags.writes(flags);
    if (!reads && !writes) {
      throw new FileException(Errno.EINVAL);
    }
    Pipe there = open.get(location.node());
    boolean complete =
        (reads && writes) || (there != null && (reads ? there.hasWriters() : there.hasReaders()));
    boolean waits = !complete && (flags & OpenFlags.O_NONBLOCK) == 0;
    if (!complete && !waits && writes) {
      throw new FileException(Errno.ENXIO);
    }
    Pipe pipe = there == null ? files.newPipe() : there;
    long writersSeen =
        writes || waits || pipe.hasWriters() ? PipeEnd.HAD_WRITERS : pipe.writersSeen();
    PipeEnd end = restore(files.changes(), location, flags, pipe, writersSeen);
    pipe.noteOpened(reads, writes);
    if (waits) {
      files.changes().note();
      waiting.progress(seenOfOtherSide(end));
      if (opening.isEmpty()) {
        opening = new HashMap<>();
      }
      opening.put(waiting, end);
      return opened(waiting);
    }
    return end;
  }

  private static long seenOfOtherSide(PipeEnd end) {
    return end.isReadable() ? end.pipe().writersSeen() : end.pipe().readersSeen();
  }

  /** Answers whether the task is opening a FIFO, and has waited. */
  public boolean isOpening(TaskWait waiting) {
    return !opening.isEmpty() && opening.containsKey(waiting);
  }

  /** Returns the FIFO that the task is opening, or waits on until its other end is opened. */
  public OpenFile opened(TaskWait waiting) {
    PipeEnd end = Objects.requireNonNull(opening.get(waiting));
    // It counts, even if the other end is closed again.
    if (seenOfOtherSide(end) == waiting.progress()) {
      RuntimeException wait =
          waiting.block(
              "waits for the other end of a FIFO to be opened (open)",
              Deadline.NEVER,
              Restart.IF_HANDLER_ASKS,
              end.pipe().readiness().hangUp());
      if (wait instanceof InterruptedWaitException) {
        opening.remove(waiting);
        end.free();
      }
      throw wait;
    }
    opening.remove(waiting);
    return end;
  }

  /** Forgets the tasks that are opening FIFOs. After a restore, they begin again. */
  void forgetOpening() {
    opening.values().forEach(PipeEnd::free);
    opening = Map.of();
  }

  /** Opens a FIFO that was open in a snapshot. */
  PipeEnd restore(Changes changes, Location location, int flags, Pipe pipe, long writersSeen) {
    if (open.isEmpty()) {
      open = new HashMap<>();
    }
    open.put(location.node(), pipe);
    return new PipeEnd(changes, flags, location, pipe, this, writersSeen);
  }

  /** Forgets a FIFO whose last descriptor was closed. */
  void forget(Location location) {
    if (!open.isEmpty()) { // a restore may have forgotten it
      open.remove(location.node());
    }
  }
}
