package io.hyperlight.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A runtime that has served requests in a sandbox, frozen with all its threads. */
final class ServedWorld implements AutoCloseable {
  static final byte[] REQUEST =
      (IntStream.range(0, 200)
                  .mapToObj(i -> Integer.toString(i * 7919 % 1009))
                  .collect(Collectors.joining(","))
              + "\n")
          .getBytes(ISO_8859_1);

  private static final String EXPECTED = ServedJava.answer(new String(REQUEST, ISO_8859_1));

  /** So many requests make it warm. */
  private static final int WARM_UP = 500;

  /** The floor has no more page tables. */
  private static final long MAX_PAGES = 6000;

  private final ServedRuntime runtime;
  private final ProgramSnapshot warm;

  private ServedWorld(ServedRuntime runtime, ProgramSnapshot warm) {
    this.runtime = runtime;
    this.warm = warm;
  }

  static ServedWorld start(ServedRuntime runtime) {
    try (ProgramServer server = runtime.program().startServing()) {
      for (int i = 0; i < WARM_UP; i++) {
        check(server.serve(REQUEST));
      }
      return new ServedWorld(runtime, server.snapshot());
    }
  }

  ProgramServer spawn() {
    return warm.spawn();
  }

  void makeAndClose() {
    spawn().close();
  }

  void makeAndServe() {
    try (ProgramServer server = spawn()) {
      check(server.serve(REQUEST));
    }
  }

  /** Restores a clone and serves a request. */
  void serveFresh(ProgramServer clone) {
    clone.restore(warm);
    check(clone.serve(REQUEST));
  }

  /** Starts a process that serves one request, and waits for its end. */
  void serveInNewProcess() throws IOException {
    try (ServedChild child = ServedChild.start(runtime)) {
      nanosOf(child.serve(REQUEST));
    }
  }

  /** Makes a child process as warm as this. */
  ServedChild warmChild() throws IOException {
    ServedChild child = ServedChild.start(runtime);
    for (int i = 0; i < WARM_UP; i++) {
      nanosOf(child.serve(REQUEST));
    }
    return child;
  }

  private static void check(byte[] answer) {
    nanosOf(new String(answer, ISO_8859_1));
  }

  /** Checks an answer and returns how long its computing took, in nanoseconds. */
  static long nanosOf(String answer) {
    String[] words = answer.strip().split(" ", -1);
    Calls.check(words.length == 2 && words[0].equals(EXPECTED));
    return Long.parseLong(words[1]);
  }

  /**
   * Tells the floor how large this world is, and what a request does. Its pages are those of the
   * snapshot that have changed. Pages that it writes and does not change, pages that were not in
   * the snapshot, and exits for first touches are left out, which makes the floor faster.
   */
  void describeTo(Floor floor) throws IOException {
    AtomicLong exits = new AtomicLong();
    try (ProgramServer listened =
        warm.spawner().systemCallListener(_ -> exits.incrementAndGet()).spawn()) {
      check(listened.serve(REQUEST));
    }
    GuestPages before = GuestPages.now();
    GuestPages pages;
    int changed = 0;
    try (ProgramServer clone = spawn()) {
      serveFresh(clone);
      serveFresh(clone);
      pages = GuestPages.now().since(before);
      long[] used = pages.sums();
      clone.restore(warm);
      long[] clean = pages.sums();
      for (int i = 0; i < used.length; i++) {
        changed += used[i] == clean[i] ? 0 : 1;
      }
    }
    set(floor, "world_memory", warm.memorySize());
    set(floor, "world_bytes", warm.contentSize());
    set(floor, "world_pieces", pages.pieces());
    set(floor, "world_pages", Math.min(MAX_PAGES, changed));
    set(floor, "world_exits", exits.get());
  }

  private static void set(Floor floor, String name, long value) {
    if (floor.ask(Question.of(name, Math.max(1, value)), 1).length != 0) {
      throw new IllegalStateException(name);
    }
  }

  @Override
  public void close() {
    warm.close();
  }
}
