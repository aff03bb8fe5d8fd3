package io.hyperlight.bench;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Measures threads that make fresh calls at the same time, each in a sandbox of its own. */
final class Throughput implements AutoCloseable {
  private static final int PAGES = 8;

  /** The calls of each thread in a sample, which is the time until all threads have made theirs. */
  private static final int CALLS = 200;

  private final Snapshot snapshot = Guests.snapshotWithPages(PAGES);
  private final List<Sandbox> sandboxes = new ArrayList<>();
  private final ExecutorService threads;

  Throughput(int threads) {
    this.threads = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      sandboxes.add(snapshot.spawn());
    }
  }

  static List<Row> measure(Run run) throws Throwable {
    try (Throughput ours = new Throughput(2)) {
      Turns turns =
          run.inTurns(
              Parallel::scaling, ours.calls(1), ours.calls(2), floor(1, run), floor(2, run));
      return List.of(
          row("throughput_1", 1, new Comparison(turns, 0, List.of(2))),
          row("throughput_2", 2, new Comparison(turns, 1, List.of(3))),
          Parallel.row("throughput", turns));
    }
  }

  /** Measures the calls per second of a number of threads together. */
  Row compare(String name, int threadCount, Run run) throws Throwable {
    return row(name, threadCount, run.compare(calls(threadCount), floor(threadCount, run)));
  }

  private Sampler calls(int threadCount) {
    return repeated(() -> time(threadCount, CALLS));
  }

  private static Sampler floor(int threadCount, Run run) {
    return repeated(() -> run.floor().ask(Question.of("throughput", threadCount), CALLS)[0]);
  }

  private static Row row(String name, int threadCount, Comparison comparison) {
    return Row.ofRates(name, "calls/s", (double) CALLS * threadCount, CALLS, comparison);
  }

  private interface Timed {
    long time() throws Throwable;
  }

  private static Sampler repeated(Timed timed) {
    return nanos -> {
      for (int i = 0; i < nanos.length; i++) {
        nanos[i] = timed.time();
      }
    };
  }

  private long time(int threadCount, int calls) throws InterruptedException, ExecutionException {
    CountDownLatch ready = new CountDownLatch(threadCount);
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> workers = new ArrayList<>();
    for (Sandbox sandbox : sandboxes.subList(0, threadCount)) {
      workers.add(
          threads.submit(() -> {
            ready.countDown();
            go.await();
            return work(sandbox, calls);
          }));
    }
    ready.await();
    long start = System.nanoTime();
    go.countDown();
    for (Future<?> worker : workers) {
      worker.get();
    }
    return System.nanoTime() - start;
  }

  private int work(Sandbox sandbox, int calls) throws Exception {
    MethodHandle touch = sandbox.function("touch");
    try {
      for (int i = 0; i < calls; i++) {
        Calls.check((int) touch.invokeExact(PAGES) == PAGES);
        sandbox.restore(snapshot);
      }
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ExecutionException(e);
    }
    return calls;
  }

  @Override
  public void close() {
    threads.close();
    sandboxes.forEach(Sandbox::close);
    snapshot.close();
  }
}
