package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The FIFOs that are open. What is in one belongs to those who have it open, not to the file: it is
 * gone when the last of them has closed it.
 */
public final class Fifos {
  private final Map<Node, Pipe> open = new HashMap<>();

  /**
   * Opens one.
   *
   * @param flags access mode and status flags
   * @return null if the guest would wait for ever for somebody to open the other end
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

  /** One that was open. */
  OpenFile restore(Changes changes, Location location, int flags, Pipe pipe, long writersSeen) {
    open.put(location.node(), pipe);
    return new PipeEnd(changes, flags, location, pipe, this, writersSeen);
  }

  /** Nobody has it open any more. */
  void forget(Location location) {
    open.remove(location.node());
  }
}
