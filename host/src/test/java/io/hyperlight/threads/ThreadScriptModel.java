package io.hyperlight.threads;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Computes the result of a {@link ThreadScript} step by step, as each order of threads has it. */
final class ThreadScriptModel {
  private static final int LOCKS = 16;
  private static final int KEYS = 3;
  private static final int LANES = 16;

  /** What a thread has. */
  private static final class Values {
    long sum;
    long kept = 17;
    final long[] keyed = new long[KEYS];

    Values(int thread) {
      sum = thread;
    }
  }

  private final Map<Integer, Values> threads = new HashMap<>();
  private final long[] counters = new long[LOCKS];
  private long total;

  ThreadScriptModel(ThreadScript script) {
    for (ThreadStep step : script.steps()) {
      long[] values = values(step);
      for (int role = 0; role < step.threads().size(); role++) {
        Values thread = thread(step.threads().get(role));
        if (step.kind() != ThreadStep.Kind.END) {
          thread.sum = mix(thread.sum, values[role]);
        }
      }
    }
    total += Arrays.stream(thread(0).keyed).sum();
  }

  String result() {
    long guarded = 0;
    for (long counter : counters) {
      guarded = mix(guarded, counter);
    }
    return "%016x %016x %016x".formatted(thread(0).sum, guarded, total);
  }

  private Values thread(int number) {
    return threads.computeIfAbsent(number, Values::new);
  }

  static long mix(long a, long b) {
    long x = (a ^ (b * 0x9e3779b97f4a7c15L)) * 0xbf58476d1ce4e5b9L + b;
    return x ^ (x >>> 31);
  }

  private static long work(long from, int rounds) {
    long x = from;
    for (int i = 0; i < rounds; i++) {
      x = mix(x, i);
    }
    return x;
  }

  /** Returns what each role of a step gets. Changes what is not one thread's. */
  private long[] values(ThreadStep step) {
    int roles = step.threads().size();
    int amount = step.amount();
    int seed = step.seed();
    long[] values = new long[roles];
    switch (step.kind()) {
      case COMPUTE -> values[0] = computed(step);
      case LOCKED -> {
        for (int i = 0; i < LOCKS; i++) {
          counters[i] += (step.object() & 1 << i) == 0 ? 0 : mix(seed, i);
        }
      }
      case MEMORY -> values[0] = touched(seed, amount);
      case THREAD_LOCAL -> values[0] = threadLocal(step);
      case CANCEL -> total += seed;
      case WITHOUT_LIBRARY -> values[0] = work(seed, amount);
      case CALL_HOST -> values[0] = 2L * seed;
      case TRANSFER -> transfer(step, values);
      case POUR -> {
        for (long at = 0; at < amount * 1000L; at++) {
          values[1] += ((at * 31 + seed) & 0xff) * (at + 1);
        }
      }
      case PASS_FILES -> {
        for (int i = 0; i < amount; i++) {
          values[1] = mix(values[1], seed + i);
        }
      }
      case BARRIER -> {
        total += 2L * amount;
        for (int round = 0; round < amount; round++) {
          for (int i = 0; i < roles; i++) {
            long written = mix(seed, i * 1000L + round);
            for (int role = 0; role < roles; role++) {
              values[role] = mix(values[role], written);
            }
          }
        }
      }
      case GATE -> Arrays.fill(values, mix(seed, 1));
      case RING -> {
        long data = seed;
        for (int i = 0; i < amount * roles; i++) {
          data = mix(data, i % roles);
          values[i % roles] = data;
        }
      }
      case SEND_SIGNALS -> values[0] = amount;
      case EVENTS -> {
        for (int role = 1; role < roles; role++) {
          for (int i = 0; i < amount; i++) {
            values[0] += mix(seed, role * 1000L + i);
          }
        }
      }
      case JOIN -> values[0] = thread(step.object()).sum;
      case END -> end(step);
      case YIELD,
          NAP,
          READ_LOCKED,
          MAKE_ONCE,
          SIGNAL_SELF,
          NAMES,
          LOSE_OWNER,
          CLOCK,
          CREATE,
          DETACH -> {
        // The interpreter checks them itself.
      }
    }
    return values;
  }

  private static long computed(ThreadStep step) {
    int amount = step.amount();
    long seed = step.seed();
    return switch (step.variant() % 5) {
      case 0 -> work(seed, amount);
      case 1 -> {
        double number = 1;
        for (int i = 0; i < amount; i++) {
          number = number * 0.999 + (double) i / 3;
        }
        yield Double.doubleToRawLongBits(number);
      }
      case 2 -> {
        long sum = 0;
        for (int i = 0; i < amount; i++) {
          sum += (seed ^ i) & 0xffff;
        }
        yield sum;
      }
      case 3 -> {
        long result = seed;
        for (int lane = 0; lane < LANES; lane++) {
          int x = (int) seed + lane;
          for (int i = 0; i < amount; i++) {
            x = x * 1664525 + 1013904223 + lane;
          }
          result = mix(result, Integer.toUnsignedLong(x));
        }
        yield result;
      }
      default -> {
        long[] table = new long[512];
        Arrays.fill(table, seed);
        for (int i = 0; i < amount; i++) {
          table[i % 512] = mix(table[i * 7 % 512], i);
        }
        yield mix(table[3], table[511]);
      }
    };
  }

  private static long touched(long seed, int pages) {
    long result = seed;
    for (int i = 0; i < pages; i++) {
      result = mix(result, mix(seed, i * 4096L));
    }
    return result;
  }

  private long threadLocal(ThreadStep step) {
    Values thread = thread(step.threads().getFirst());
    if (step.variant() % 2 == 0) {
      thread.kept = mix(thread.kept, step.seed());
      return thread.kept;
    }
    int key = step.object() % KEYS;
    long before = thread.keyed[key];
    thread.keyed[key] = mix(before, step.seed()) | 1;
    return before;
  }

  private void transfer(ThreadStep step, long[] values) {
    int producers = step.object();
    int consumers = step.threads().size() - producers;
    long ordered = 0;
    long all = 0;
    for (int role = 0; role < producers; role++) {
      for (int i = 0; i < step.amount() * consumers; i++) {
        long value = mix(step.seed(), role * 1000L + i);
        ordered = mix(ordered, value);
        all += value;
      }
    }
    total += all;
    if (consumers == 1) {
      values[producers] = producers == 1 ? ordered : all;
    }
  }

  private void end(ThreadStep step) {
    Values thread = thread(step.threads().getFirst());
    total += Arrays.stream(thread.keyed).sum();
    if (step.object() != 0) {
      total += thread.sum;
    }
    if (step.variant() % 4 == 2) {
      total += step.seed();
    }
  }
}
