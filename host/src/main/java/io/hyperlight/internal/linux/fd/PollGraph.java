package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.os.Checkpoint;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks how epoll files watch each other, before one more is added. They must not form a cycle,
 * nor long chains, nor so many paths that one event is passed on very often.
 */
final class PollGraph {
  /** How many epoll files can be below one: {@code EP_MAX_NESTS} of the kernel. */
  private static final int MAX_NESTING = 4;

  /**
   * How many paths of each length may lead from a file to epoll files that nobody watches: {@code
   * path_limits} of the kernel. Of the shortest paths there may be any number.
   */
  private static final int[] MAX_PATHS = {Integer.MAX_VALUE, 500, 100, 50, 10};

  private final Checkpoint checkpoint;

  PollGraph(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /** Answers whether a file can watch another one without a cycle or too long a chain. */
  @SuppressWarnings("ReferenceEquality") // files are equal only to themselves
  boolean canWatch(EventPoll watcher, EventPoll watched) {
    IdentityHashMap<OpenFile, Integer> depths = new IdentityHashMap<>();
    int below = depthBelow(watched, depths);
    if (watched == watcher || depths.containsKey(watcher)) {
      return false;
    }
    return below + 1 + depthAbove(watcher, new IdentityHashMap<>()) <= MAX_NESTING;
  }

  private int depthBelow(EventPoll file, IdentityHashMap<OpenFile, Integer> known) {
    Integer depth = known.get(file);
    if (depth == null) {
      depth = 0;
      for (OpenFile watched : file.watched()) {
        checkpoint.pass();
        if (watched instanceof EventPoll child) {
          depth = Math.max(depth, 1 + depthBelow(child, known));
        }
      }
      known.put(file, depth);
    }
    return depth;
  }

  private int depthAbove(OpenFile file, IdentityHashMap<OpenFile, Integer> known) {
    Integer depth = known.get(file);
    if (depth == null) {
      depth = 0;
      for (FileWatcher watcher : file.watchers()) {
        checkpoint.pass();
        depth = Math.max(depth, 1 + depthAbove(watcher.owner(), known));
      }
      known.put(file, depth);
    }
    return depth;
  }

  /** Answers whether there are few enough paths from a file, and from all that it watches. */
  boolean hasFewPaths(OpenFile added) {
    Set<OpenFile> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    return hasFewPaths(added, seen);
  }

  private boolean hasFewPaths(OpenFile file, Set<OpenFile> seen) {
    checkpoint.pass();
    if (!seen.add(file)) {
      return true;
    }
    if (file instanceof EventPoll poll) {
      List<OpenFile> watched = poll.watched();
      return watched.stream().allMatch(next -> hasFewPaths(next, seen));
    }
    return count(file, 0, new HashMap<>());
  }

  private boolean count(OpenFile file, int length, Map<Integer, Integer> counts) {
    for (FileWatcher watcher : file.watchers()) {
      checkpoint.pass();
      OpenFile owner = watcher.owner();
      boolean few =
          owner.watchers().isEmpty()
              ? counts.merge(length, 1, Integer::sum) <= MAX_PATHS[length]
              : count(owner, length + 1, counts);
      if (!few) {
        return false;
      }
    }
    return true;
  }
}
