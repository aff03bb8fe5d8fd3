package io.hyperlight.calls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CompiledGuest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Compares code that only computes in a guest and in a native process: the same C, compiled with
 * the same options and linked statically, the two taking turns. Prints the medians of processor
 * time, which other programs on the machine disturb less than the clock on the wall, and their
 * ratio.
 *
 * <p>To be run by hand, in this module's folder, with the number of rounds as its argument; see
 * docs/performance.md.
 */
final class ComputeBenchmark {
  private static final String CODE =
      """
      #include <lua5.4/lua.h>
      #include <lua5.4/lauxlib.h>
      #include <lua5.4/lualib.h>
      #include <stdint.h>
      #include <string.h>

      static uint64_t fib(int n)
      {
          static lua_State *state;
          if (state == NULL) {
              state = luaL_newstate();
              luaL_openlibs(state);
              luaL_dostring(state,
                  "function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end");
          }
          lua_getglobal(state, "fib");
          lua_pushinteger(state, n);
          lua_call(state, 1, 1);
          uint64_t result = (uint64_t)lua_tointeger(state, -1);
          lua_pop(state, 1);
          return result;
      }

      /* SHA-256: FIPS 180-4. The constants are fractions of the roots of primes. */
      static uint32_t constants[64];
      static uint32_t hash[8];

      /* The first 32 bits behind the point of an n-th root, by bisection. */
      static uint32_t root_fraction(unsigned prime, int n)
      {
          unsigned __int128 low = 0;
          unsigned __int128 high = (unsigned __int128)32 << 32;
          while (high - low > 1) {
              unsigned __int128 middle = (low + high) / 2;
              unsigned __int128 power = n == 2 ? middle * middle : middle * middle * middle;
              if (power <= (unsigned __int128)prime << (32 * n)) {
                  low = middle;
              } else {
                  high = middle;
              }
          }
          return (uint32_t)low;
      }

      static void start_hash(void)
      {
          int count = 0;
          for (unsigned n = 2; count < 64; n++) {
              unsigned d = 2;
              while (d < n && n % d != 0) {
                  d++;
              }
              if (d == n) {
                  constants[count] = root_fraction(n, 3);
                  if (count < 8) {
                      hash[count] = root_fraction(n, 2);
                  }
                  count++;
              }
          }
      }

      static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

      static void hash_block(const uint8_t *block)
      {
          uint32_t w[64];
          uint32_t v[8];
          for (int i = 0; i < 16; i++) {
              uint32_t word;
              memcpy(&word, block + 4 * i, 4);
              w[i] = __builtin_bswap32(word);
          }
          for (int i = 16; i < 64; i++) {
              uint32_t a = w[i - 15];
              uint32_t b = w[i - 2];
              w[i] = w[i - 16] + w[i - 7] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3)
                  + (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
          }
          memcpy(v, hash, sizeof v);
          for (int i = 0; i < 64; i++) {
              uint32_t e = v[4];
              uint32_t a = v[0];
              uint32_t t = v[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & v[5]) ^ (~e & v[6]))
                  + constants[i] + w[i];
              uint32_t u = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22))
                  + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
              memmove(v + 1, v, 7 * sizeof v[0]);
              v[4] += t;
              v[0] = t + u;
          }
          for (int i = 0; i < 8; i++) {
              hash[i] += v[i];
          }
      }

      /* The first word of the hash of so many MiB of a repeated letter. */
      static uint64_t sha256(int mebibytes)
      {
          static uint8_t data[64 << 20];
          uint8_t last[64] = {0x80};
          uint64_t size = (uint64_t)mebibytes << 20;
          if (data[0] == 0) {
              memset(data, 'a', sizeof data);
          }
          start_hash();
          for (uint64_t at = 0; at < size; at += 64) {
              hash_block(data + at);
          }
          uint64_t bits = __builtin_bswap64(size * 8);
          memcpy(last + 56, &bits, 8);
          hash_block(last);
          return hash[0];
      }

      /* The sum of a product of two matrices. */
      static uint64_t matrix(int n)
      {
          static float a[1024][1024], b[1024][1024], c[1024][1024];
          for (int i = 0; i < n; i++) {
              for (int j = 0; j < n; j++) {
                  a[i][j] = (float)((i * 3 + j) % 5);
                  b[i][j] = (float)((i + j * 7) % 3);
                  c[i][j] = 0;
              }
          }
          for (int i = 0; i < n; i++) {
              for (int k = 0; k < n; k++) {
                  float factor = a[i][k];
                  for (int j = 0; j < n; j++) {
                      c[i][j] += factor * b[k][j];
                  }
              }
          }
          uint64_t sum = 0;
          for (int i = 0; i < n; i++) {
              for (int j = 0; j < n; j++) {
                  sum += (uint64_t)c[i][j];
              }
          }
          return sum;
      }

      static uint64_t compute(int which, int size)
      {
          return which == 0 ? fib(size) : which == 1 ? sha256(size) : matrix(size);
      }
      """;

  private static final String EXPORT =
      """

      HL_EXPORT(uint64_t, work, int, int)
      uint64_t work(int which, int size) { return compute(which, size); }
      """;

  /** Answers as long as it is asked. */
  private static final String MAIN =
      """

      #include <stdio.h>
      #include <time.h>

      static long long processor_time(void)
      {
          struct timespec time;
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
          return time.tv_sec * 1000000000LL + time.tv_nsec;
      }

      int main(void)
      {
          int which;
          int size;
          while (scanf("%d %d", &which, &size) == 2) {
              long long start = processor_time();
              unsigned long long result = compute(which, size);
              printf("%llu %lld\\n", result, processor_time() - start);
              fflush(stdout);
          }
          return 0;
      }
      """;

  private static final List<String> OPTIONS =
      List.of("-O3", "-mavx2", "-fno-pie", "-llua5.4", "-lm", "-Wl,--no-warnings");

  private record Workload(String name, int number, int size) {}

  private static final List<Workload> WORKLOADS =
      List.of(
          new Workload("Lua fib(27)", 0, 27),
          new Workload("Lua fib(30)", 0, 30),
          new Workload("SHA-256 of 64 MiB", 1, 64),
          new Workload("matrix product, 1024 x 1024, AVX", 2, 1024));

  private ComputeBenchmark() {}

  /**
   * Measures.
   *
   * @param arguments how many rounds, if not 15
   */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length == 0 ? 15 : Integer.parseInt(arguments[0]);
    Guest guest =
        CompiledGuest.withLibc(
            "#include <hyperlight.h>\n" + CODE + EXPORT, OPTIONS.toArray(String[]::new));
    Path program =
        CProgram.compile(
            CODE + MAIN, Stream.concat(OPTIONS.stream(), Stream.of("-static")).toList());
    Process process = new ProcessBuilder(program.toString()).start();
    try (Sandbox sandbox =
            Sandbox.builder(guest).memorySize(128L << 20).stackSize(1L << 20).build();
        OutputStream questions = process.getOutputStream();
        BufferedReader answers = process.inputReader(US_ASCII)) {
      for (Workload workload : WORKLOADS) {
        compare(
            workload,
            rounds,
            () -> inGuest(sandbox, workload),
            () -> natively(questions, answers, workload));
      }
    }
  }

  /** What came out, and the nanoseconds it took. */
  private record Run(long result, long time) {}

  private static Run inGuest(Sandbox sandbox, Workload workload) {
    long start = processorTime();
    long result = sandbox.<Long>call("work", long.class, workload.number(), workload.size());
    return new Run(result, processorTime() - start);
  }

  /** Of this thread, in nanoseconds: the first number of {@code /proc/PID/schedstat}. */
  private static long processorTime() {
    try {
      String statistics = Files.readString(Path.of("/proc/thread-self/schedstat"));
      return Long.parseLong(statistics.substring(0, statistics.indexOf(' ')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Run natively(OutputStream questions, BufferedReader answers, Workload workload) {
    try {
      questions.write((workload.number() + " " + workload.size() + "\n").getBytes(US_ASCII));
      questions.flush();
      String[] answer = answers.readLine().split(" ", 2);
      return new Run(Long.parseLong(answer[0]), Long.parseLong(answer[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void compare(
      Workload workload, int rounds, Supplier<Run> inGuest, Supplier<Run> natively) {
    // Also the warm-up, after which memory is there.
    if (inGuest.get().result() != natively.get().result()) {
      throw new IllegalStateException(workload.name() + " has two results");
    }
    long[] guestTimes = new long[rounds];
    long[] nativeTimes = new long[rounds];
    for (int i = 0; i < rounds; i++) {
      guestTimes[i] = inGuest.get().time();
      nativeTimes[i] = natively.get().time();
    }
    double guest = median(guestTimes);
    double outside = median(nativeTimes);
    System.out.printf(
        Locale.ROOT,
        "%-34s guest %8.2f ms, native %8.2f ms, ratio %.3f; of the least times %.3f%n",
        workload.name(),
        guest / 1e6,
        outside / 1e6,
        guest / outside,
        (double) least(guestTimes) / least(nativeTimes));
  }

  private static long least(long[] times) {
    return Arrays.stream(times).min().orElseThrow();
  }

  private static long median(long[] times) {
    long[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
