package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts the open files in messages that nobody has received yet: {@code SCM_RIGHTS}. A socket that
 * is only in messages which only itself could receive is garbage, and is collected.
 */
final class InFlight {
  /** The maximum, as {@code RLIMIT_NOFILE} is on Linux. */
  private static final int MAXIMUM = 1024;

  /** Immutable and empty until the first file is sent. */
  private Map<OpenFile, Integer> counts = Map.of();

  private int total;

  /** Files that are to be released. Null until the first message is dropped. */
  private @Nullable ArrayDeque<OpenFile> dropped;

  private boolean isReleasing;

  boolean isEmpty() {
    return total == 0;
  }

  /**
   * Checks that more files can be sent.
   *
   * @throws FileException ETOOMANYREFS
   */
  void requireRoom(int more) {
    if (total + more > MAXIMUM) {
      throw new FileException(Errno.ETOOMANYREFS);
    }
  }

  void add(OpenFile file) {
    file.retain();
    if (counts.isEmpty()) {
      counts = new HashMap<>(); // files are equal only to themselves
    }
    counts.merge(file, 1, Integer::sum);
    total++;
  }

  /**
   * Removes a file of a message that is dropped. If the file is a socket with messages, these are
   * dropped too, but not deeper on the stack: the guest chooses how many sockets lie in each other.
   */
  void remove(OpenFile file) {
    counts.computeIfPresent(file, (_, count) -> count == 1 ? null : count - 1);
    total--;
    ArrayDeque<OpenFile> all = dropped;
    if (all == null) {
      all = new ArrayDeque<>();
      dropped = all;
    }
    all.add(file);
    if (isReleasing) {
      return;
    }
    isReleasing = true;
    try {
      for (OpenFile next = all.poll(); next != null; next = all.poll()) {
        next.release();
      }
    } finally {
      isReleasing = false;
    }
  }

  /**
   * Drops all messages with files, after all descriptors were closed. There are at most as many as
   * can be sent. A call may have ended while it sent a message or received one, so that some files
   * are in none.
   */
  void dropAll() {
    if (total == 0) {
      return;
    }
    for (OpenFile file : List.copyOf(counts.keySet())) {
      if (file instanceof SocketFile socket) {
        socket.dropMessages();
      }
    }
    Map<OpenFile, Integer> rest = Map.copyOf(counts);
    rest.forEach((file, count) -> {
      for (int i = 0; i < count; i++) {
        remove(file);
      }
    });
  }

  /** Returns roughly how many bytes of the Java heap the files cost. */
  long heapBytes() {
    long bytes = 0;
    for (OpenFile file : counts.keySet()) {
      bytes += file.heapBytes();
    }
    return bytes;
  }

  /**
   * Drops the messages of sockets that nobody can receive.
   *
   * @param open the files that have descriptors
   */
  void collect(List<OpenFile> open, Checkpoint checkpoint) {
    Set<OpenFile> reached = Collections.newSetFromMap(new IdentityHashMap<>());
    ArrayDeque<OpenFile> next = new ArrayDeque<>(open);
    while (!next.isEmpty()) {
      checkpoint.pass();
      OpenFile file = next.remove();
      if (reached.add(file) && file instanceof SocketFile socket) {
        socket.addSentFiles(next);
      }
    }
    List<SocketFile> garbage = new ArrayList<>();
    for (OpenFile file : counts.keySet()) {
      if (!reached.contains(file) && file instanceof SocketFile socket) {
        garbage.add(socket);
      }
    }
    garbage.forEach(SocketFile::dropMessages);
  }
}
