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
    Row one;
    Row two;
    try (Throughput ours = new Throughput(2)) {
      one = ours.compare("throughput_1", 1, run);
      two = ours.compare("throughput_2", 2, run);
    }
    double scaling = two.ours() / one.ours();
    double floorScaling = two.floor() / one.floor();
    Row row = Row.of("throughput", "x", scaling, floorScaling, two.samples(), scaling, null);
    return List.of(one, two, row.withGoal(Goal.atLeast(0.95, scaling, floorScaling)));
  }

  /** Measures the calls per second of a number of threads together. */
  Row compare(String name, int threadCount, Run run) throws Throwable {
    // Each turn has one sample, which is the time in which all threads make their calls.
    int calls = Math.clamp(run.effort().sideNanos() / run.effort().blocks() / 40_000, 20, 2000);
    Question question = Question.of("throughput", threadCount);
    List<Samples> samples =
        run.inTurns(
            repeated(() -> time(threadCount, calls)),
            repeated(() -> run.floor().ask(question, calls)[0]));
    Comparison comparison = new Comparison(samples.getFirst(), samples.subList(1, 2));
    return Row.ofRates(name, "calls/s", (double) calls * threadCount, calls, comparison);
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
