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

/** Measures calls of a guest's functions through method handles. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CallBenchmark {
  /** Calls a function that takes two ints and returns one. */
  @Benchmark
  public int call() throws Throwable {
    return MicroCalls.call();
  }

  /** Calls a function that takes a string of 64 bytes and returns it. */
  @Benchmark
  public String callString() throws Throwable {
    return MicroCalls.callString();
  }

  /** Calls a function that writes to 8 pages, and restores the sandbox. */
  @Benchmark
  public int callFresh() throws Throwable {
    return MicroCalls.callFresh();
  }

  /** Restores a sandbox that has made no call since the last restore. */
  @Benchmark
  public void restore() {
    MicroCalls.restore();
  }

  /** Calls a function that makes one host call. */
  @Benchmark
  public int hostCall() throws Throwable {
    return MicroCalls.hostCall();
  }
}
