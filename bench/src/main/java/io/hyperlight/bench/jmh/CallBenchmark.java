package io.hyperlight.bench.jmh;

import io.hyperlight.bench.MicroCalls;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** Calls of a guest's functions through method handles. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CallBenchmark {
  /** Two ints in, one out. */
  @Benchmark
  public int call() throws Throwable {
    return MicroCalls.call();
  }

  /** 64 bytes in and out. */
  @Benchmark
  public String callString() throws Throwable {
    return MicroCalls.callString();
  }

  /** A call that writes into 8 pages, and the restore. */
  @Benchmark
  public int callFresh() throws Throwable {
    return MicroCalls.callFresh();
  }

  /** A restore after nothing has happened. */
  @Benchmark
  public void restore() {
    MicroCalls.restore();
  }

  /** A call that makes one host call. */
  @Benchmark
  public int hostCall() throws Throwable {
    return MicroCalls.hostCall();
  }
}
