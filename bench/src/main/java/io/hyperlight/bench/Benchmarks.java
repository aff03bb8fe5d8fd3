package io.hyperlight.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/** Lists all benchmarks, in the order in which they run. */
final class Benchmarks {
  private static final List<Benchmark> AGAINST_THE_FLOOR =
      List.of(
          new Benchmark("call", "one call, two ints in, one out, warm", Calls::call),
          new Benchmark("call_string", "64 bytes in and out", Calls::callWithString),
          new Benchmark(
              "call_fresh", "a call that writes 8 pages, and the restore", FreshCalls::eightPages),
          new Benchmark("call_fresh_100", "the same with 100 pages", FreshCalls::hundredPages),
          new Benchmark("host_work", "what Java does for a call", HostWork::measure),
          new Benchmark("host_call", "a call that makes one host call", Calls::hostCall),
          new Benchmark("call_exitless", "a call without an exit", Exitless::call),
          new Benchmark("host_call_exitless", "a host call without an exit", Exitless::hostCall),
          new Benchmark("cold_start", "a new VM, its first result, close", Lives::coldStart),
          new Benchmark("spawn", "the same from a snapshot", Lives::spawn),
          new Benchmark(
              "pool_acquire", "a clean sandbox from a pool with free ones", PoolAcquire::measure),
          new Benchmark("kill_latency", "interrupt to exception", KillLatency::measure),
          new Benchmark("bulk", "64 MiB in, summed, 64 MiB out", Bulk::measure),
          new Benchmark("density", "private memory of idle sandboxes", Density::measure),
          new Benchmark("thread_switch", "from a thread that yields to the other", Tasks::yields),
          new Benchmark("futex_handover", "from a thread that wakes the other", Tasks::handovers),
          new Benchmark("parallel_2", "two threads on two processors", Parallel::measure),
          new Benchmark("jvm_spawn", "a clone of a warm JVM", Worlds::jvmSpawn),
          new Benchmark("jvm_fresh", "a request to a restored JVM", Worlds::jvmFresh),
          new Benchmark("node_spawn", "a clone of a warm Node.js", Worlds::nodeSpawn),
          new Benchmark("node_fresh", "a request to a restored Node.js", Worlds::nodeFresh),
          new Benchmark("throughput", "fresh calls on 1 and 2 threads", Throughput::measure),
          new Benchmark("alloc", "Java heap allocated for each call", Allocation::measure));

  private static final Map<String, Benchmark> BY_NAME = byName();

  private Benchmarks() {}

  static List<Benchmark> all() {
    return List.copyOf(BY_NAME.values());
  }

  /**
   * Finds benchmarks by name.
   *
   * @param names the names. If there are none, all benchmarks are returned
   * @throws BenchmarkException if there is no such benchmark
   */
  static List<Benchmark> named(List<String> names) {
    if (names.isEmpty()) {
      return all();
    }
    SequencedSet<Benchmark> found = new LinkedHashSet<>();
    for (String name : names) {
      Benchmark benchmark = BY_NAME.get(name);
      if (benchmark == null) {
        throw new BenchmarkException(
            "there is no benchmark %s: there are %s"
                .formatted(name, String.join(", ", BY_NAME.keySet())));
      }
      found.add(benchmark);
    }
    return List.copyOf(found);
  }

  private static Map<String, Benchmark> byName() {
    List<Benchmark> benchmarks = new ArrayList<>(AGAINST_THE_FLOOR);
    benchmarks.addAll(Growth.all());
    benchmarks.addAll(Rivals.all());
    Map<String, Benchmark> byName = new LinkedHashMap<>();
    for (Benchmark benchmark : benchmarks) {
      if (byName.put(benchmark.name(), benchmark) != null) {
        throw new IllegalStateException("two benchmarks are named " + benchmark.name());
      }
    }
    return byName;
  }
}
