package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The FIFOs that are open. The bytes in a FIFO belong to its open descriptors, not to the file.
 * They are gone when the last descriptor is closed.
 */
public final class Fifos {
  private final Map<Node, Pipe> open = new HashMap<>();

  /**
   * Opens a FIFO.
   *
   * @param flags access mode and status flags
   * @return null if the guest would wait for ever for the other end to be opened
   * @throws FileException ENXIO, EINVAL
   */
  public @Nullable OpenFile open(WorldFiles files, Location location, int flags) {
    boolean reads = OpenFlags.reads(flags);
    boolean writes = OpenFlags.writes(flags);
    if (!reads && !writes) {
      throw new FileException(Errno.EINVAL);
    }
    Pipe there = open.get(location.node());
    boolean complete =
        (reads && writes) || (there != null && (reads ? there.hasWriters() : there.hasReaders()));
    if (!complete && (flags & OpenFlags.O_NONBLOCK) == 0) {
      return null;
    }
    if (!complete && writes) {
      throw new FileException(Errno.ENXIO);
    }
    Pipe pipe = there == null ? files.newPipe() : there;
    long writersSeen = writes || pipe.hasWriters() ? PipeEnd.HAD_WRITERS : pipe.writersSeen();
    if (writes) {
      pipe.noteWriter();
    }
    return restore(files.changes(), location, flags, pipe, writersSeen);
  }

  /** Opens a FIFO that was open in a snapshot. */
  OpenFile restore(Changes changes, Location location, int flags, Pipe pipe, long writersSeen) {
    open.put(location.node(), pipe);
    return new PipeEnd(changes, flags, location, pipe, this, writersSeen);
  }

  /** Forgets a FIFO whose last descriptor was closed. */
  void forget(Location location) {
    open.remove(location.node());
  }
}
