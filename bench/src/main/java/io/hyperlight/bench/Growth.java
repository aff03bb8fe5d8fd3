package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** Measures how cost grows with one quantity. The result is curves, with a row for each point. */
final class Growth {
  private static final int[] PAGES = {0, 1, 8, 32, 100, 300, 1000};
  private static final int[] MEBIBYTES = {4, 16, 64, 256, 1024};
  private static final int[] PAYLOADS = {0, 64, 1 << 10, 16 << 10, 256 << 10, 1 << 20};
  private static final int[] THREADS = {1, 2, 4, 8};

  private Growth() {}

  static List<Benchmark> all() {
    return List.of(
        new Benchmark("growth_pages", "a fresh call by the pages it writes", Growth::pages),
        new Benchmark("growth_memory", "call and spawn by the guest's memory", Growth::memory),
        new Benchmark("growth_vms", "call and spawn by the number of VMs", Growth::vms),
        new Benchmark("growth_payload", "a call by the bytes in and out", Growth::payload),
        new Benchmark("growth_threads", "fresh calls by the number of threads", Growth::threads));
  }

  private static Row point(Row row, String series, int at) {
    return row.at(new Row.Point(series, at));
  }

  private static Row point(String series, int at, Comparison comparison) {
    return point(Row.ofTimes(series + "_" + at, Unit.MICROSECONDS, comparison), series, at);
  }

  private static List<Row> pages(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    try (Snapshot snapshot = Guests.snapshotWithPages(PAGES[PAGES.length - 1]);
        Sandbox sandbox = snapshot.spawn()) {
      MethodHandle touch = sandbox.function("touch");
      for (int pages : PAGES) {
        Sampler ours = nanos -> touch(sandbox, snapshot, touch, pages, nanos);
        rows.add(
            point(
                "growth_pages", pages, run.forPoint().compare(ours, Question.of("fresh", pages))));
      }
    }
    return rows;
  }

  private static void touch(
      Sandbox sandbox, Snapshot snapshot, MethodHandle touch, int pages, long[] nanos)
      throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      Calls.check((int) touch.invokeExact(pages) == pages);
      sandbox.restore(snapshot);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  private static List<Row> memory(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    for (int mebibytes : MEBIBYTES) {
      long size = (long) mebibytes << 20;
      try (Snapshot snapshot = Guests.smallSnapshot(size)) {
        rows.addAll(callAndSpawn(run, "growth_memory", mebibytes, snapshot, size));
      }
    }
    return rows;
  }

  /** Measures one VM while a number of other VMs are live, in the library and in the floor. */
  private static List<Row> vms(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    List<Sandbox> others = new ArrayList<>();
    int most = run.effort().sandboxes();
    try (Snapshot snapshot = Guests.smallSnapshot(Sandbox.Builder.DEFAULT_MEMORY_SIZE)) {
      for (int number : new int[] {0, most / 16, most / 4, most}) {
        while (others.size() < number) {
          Sandbox sandbox = snapshot.spawn();
          others.add(sandbox);
          Lives.callOnce(sandbox);
        }
        run.floor().ask(Question.of("live", number), 1);
        rows.addAll(callAndSpawn(run, "growth_vms", number, snapshot, 0));
      }
    } finally {
      others.forEach(Sandbox::close);
      run.floor().ask(Question.of("live", 0), 1);
    }
    return rows;
  }

  private static List<Row> callAndSpawn(
      Run run, String name, int at, Snapshot snapshot, long floorMemory) throws Throwable {
    try (Sandbox sandbox = snapshot.spawn()) {
      MethodHandle add = sandbox.function("add");
      Comparison call =
          run.forPoint().compare(nanos -> Calls.add(add, nanos), Question.of("exit", floorMemory));
      Comparison spawn =
          run.forPoint()
              .compare(nanos -> Lives.spawn(snapshot, nanos), Question.of("life", floorMemory));
      return List.of(point(name + "_call", at, call), point(name + "_spawn", at, spawn));
    }
  }

  private static List<Row> payload(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    try (Sandbox sandbox = Guests.large().build()) {
      MethodHandle echo = sandbox.function("echo_bytes");
      for (int size : PAYLOADS) {
        byte[] payload = new byte[size];
        Sampler ours = nanos -> echo(echo, payload, nanos);
        rows.add(
            point("growth_payload", size, run.forPoint().compare(ours, Question.of("echo", size))));
      }
    }
    return rows;
  }

  private static void echo(MethodHandle echo, byte[] payload, long[] nanos) throws Throwable {
    long last = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      Calls.check(((byte[]) echo.invokeExact(payload)).length == payload.length);
      long time = System.nanoTime();
      nanos[i] = time - last;
      last = time;
    }
  }

  private static List<Row> threads(Run run) throws Throwable {
    List<Row> rows = new ArrayList<>();
    try (Throughput ours = new Throughput(THREADS[THREADS.length - 1])) {
      for (int threads : THREADS) {
        String series = "growth_threads";
        rows.add(
            point(ours.compare(series + "_" + threads, threads, run.forPoint()), series, threads));
      }
    }
    return rows;
  }
}
