package io.hyperlight;

import io.hyperlight.testing.CProgram;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.SynchronousQueue;

/**
 * How long it takes to end a guest that loops, from the decision to the caller's getting to know,
 * against a C program that does nothing but {@code pthread_kill} a thread in KVM_RUN; and what a
 * time limit costs a call.
 *
 * <p>To be run by hand, in this module's folder, with the number of rounds as its argument; see
 * docs/performance.md.
 */
final class InterruptBenchmark {
  /** Prints one latency a line, in nanoseconds. The guest is a jump to itself at CPL 3. */
  private static final String FLOOR =
      """
      #define _GNU_SOURCE
      #include <errno.h>
      #include <fcntl.h>
      #include <linux/kvm.h>
      #include <pthread.h>
      #include <signal.h>
      #include <stdint.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/ioctl.h>
      #include <sys/mman.h>
      #include <time.h>
      #include <unistd.h>

      static int64_t now(void)
      {
          struct timespec t;
          clock_gettime(CLOCK_MONOTONIC, &t);
          return t.tv_sec * 1000000000LL + t.tv_nsec;
      }

      static pthread_t runner;
      static volatile int running;
      static volatile int64_t sent;

      static void *killer(void *rounds)
      {
          for (long i = (long)rounds; i > 0; i--) {
              while (!running) usleep(100);
              usleep(2000);
              running = 0;
              sent = now();
              pthread_kill(runner, SIGRTMIN + 5);
          }
          return 0;
      }

      #define CHECK(call) do { if ((call) < 0) { perror(#call); exit(1); } } while (0)

      int main(int count, char **arguments)
      {
          long rounds = atol(arguments[count - 1]);
          int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
          CHECK(kvm);
          int vm = ioctl(kvm, KVM_CREATE_VM, 0);
          CHECK(vm);
          uint8_t *memory = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          struct kvm_userspace_memory_region region = {
              .memory_size = 1 << 20, .userspace_addr = (uint64_t)memory};
          CHECK(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region));
          /* One page of code at 0x10000; tables at 0x1000 to 0x4000. */
          uint64_t *table = (uint64_t *)memory;
          table[0x1000 / 8] = 0x2000 | 0x67;
          table[0x2000 / 8] = 0x3000 | 0x67;
          table[0x3000 / 8] = 0x4000 | 0x67;
          table[0x4000 / 8 + 0x10] = 0x10000 | 0x67;
          memcpy(memory + 0x10000, "\\xeb\\xfe", 2);
          int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
          CHECK(vcpu);
          struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entries[256]; } cpuid = {{256}};
          CHECK(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid));
          CHECK(ioctl(vcpu, KVM_SET_CPUID2, &cpuid));
          struct kvm_sregs s;
          CHECK(ioctl(vcpu, KVM_GET_SREGS, &s));
          s.cr0 = 0x80050033;
          s.cr3 = 0x1000;
          s.cr4 = 0x620;
          s.efer = 0xd01;
          s.cs = (struct kvm_segment){.limit = -1, .selector = 0x2b, .type = 11, .present = 1, .dpl = 3,
                                      .s = 1, .l = 1, .g = 1};
          s.ds = s.es = s.fs = s.gs = s.ss =
              (struct kvm_segment){.limit = -1, .selector = 0x23, .type = 3, .present = 1, .dpl = 3,
                                   .s = 1, .db = 1, .g = 1};
          s.tr = (struct kvm_segment){.limit = 0x67, .selector = 0x30, .type = 11, .present = 1};
          CHECK(ioctl(vcpu, KVM_SET_SREGS, &s));
          struct kvm_regs r = {.rip = 0x10000, .rflags = 2};
          CHECK(ioctl(vcpu, KVM_SET_REGS, &r));
          sigset_t kick, own;
          sigemptyset(&kick);
          sigaddset(&kick, SIGRTMIN + 5);
          pthread_sigmask(SIG_BLOCK, &kick, &own);
          struct { struct kvm_signal_mask head; uint8_t set[8]; } mask = {{8}};
          memcpy((char *)&mask + 4, &own, 8);
          CHECK(ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask));
          runner = pthread_self();
          pthread_t thread;
          pthread_create(&thread, 0, killer, (void *)rounds);
          struct timespec none = {0, 0};
          for (long i = 0; i < rounds; i++) {
              running = 1;
              if (ioctl(vcpu, KVM_RUN, 0) == 0 || errno != EINTR) {
                  puts("the guest has left by itself");
                  return 1;
              }
              printf("%lld\\n", (long long)(now() - sent));
              sigtimedwait(&kick, 0, &none);
          }
          return 0;
      }
      """;

  private static final int CALLS = 20_000;

  private InterruptBenchmark() {}

  public static void main(String[] arguments) throws Throwable {
    int rounds = arguments.length == 0 ? 500 : Integer.parseInt(arguments[0]);
    Path floor = CProgram.compile(FLOOR, List.of("-O2", "-pthread"));
    ours(rounds / 4 + 1); // warms up
    compareLatencies("idle", floor, rounds);
    List<Process> load = new ArrayList<>();
    try {
      for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
        load.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
      }
      compareLatencies("both cores busy", floor, rounds);
    } finally {
      load.forEach(Process::destroy);
    }
    compareCalls();
  }

  private static void compareLatencies(String what, Path floor, int rounds) throws Exception {
    long[] c = floor(floor, rounds);
    long[] java = ours(rounds);
    System.out.printf(
        "%s: C p50 %.1f us, p99 %.1f us; ours p50 %.1f us, p99 %.1f us; ratio of p50 %.2f%n",
        what, at(c, 50), at(c, 99), at(java, 50), at(java, 99), at(java, 50) / at(c, 50));
  }

  private static double at(long[] sorted, int percent) {
    return sorted[(int) ((sorted.length - 1L) * percent / 100)] / 1e3;
  }

  private static long[] floor(Path program, int rounds) throws Exception {
    Process process =
        new ProcessBuilder(program.toString(), Integer.toString(rounds))
            .redirectErrorStream(true)
            .start();
    long[] latencies = process.inputReader().lines().mapToLong(Long::parseLong).sorted().toArray();
    if (process.waitFor() != 0 || latencies.length != rounds) {
      throw new IllegalStateException("the C program failed");
    }
    return latencies;
  }

  private static long[] ours(int rounds) throws InterruptedException {
    long[] latencies = new long[rounds];
    SynchronousQueue<Long> sent = new SynchronousQueue<>();
    try (Sandbox original = EndlessGuest.builder().build();
        Snapshot snapshot = original.snapshot();
        Sandbox sandbox = snapshot.spawn()) {
      Thread killer =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (int round = 0; round < rounds; round++) {
                    long time;
                    do {
                      Thread.sleep(2);
                      time = System.nanoTime();
                    } while (!sandbox.interrupt());
                    sent.put(time);
                  }
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      for (int round = 0; round < rounds; round++) {
        try {
          sandbox.call("spin", void.class);
        } catch (GuestInterruptedException e) {
          long now = System.nanoTime();
          latencies[round] = now - sent.take();
        }
        sandbox.restore(snapshot);
      }
      killer.join();
    }
    Arrays.sort(latencies);
    return latencies;
  }

  private static void compareCalls() throws Throwable {
    try (Sandbox sandbox = EndlessGuest.builder().build()) {
      MethodHandle unlimited = sandbox.function("add");
      MethodHandle limited = sandbox.within(Duration.ofMinutes(1)).function("add");
      double[][] medians = new double[2][9];
      for (int round = 0; round < medians[0].length; round++) {
        medians[0][round] = median(unlimited);
        medians[1][round] = median(limited);
      }
      Arrays.sort(medians[0]);
      Arrays.sort(medians[1]);
      System.out.printf(
          "a call without a limit %.2f us, with one %.2f us, ratio %.3f%n",
          medians[0][0], medians[1][0], medians[1][0] / medians[0][0]);
    }
  }

  private static double median(MethodHandle add) throws Throwable {
    long[] times = new long[CALLS];
    for (int call = 0; call < CALLS; call++) {
      long start = System.nanoTime();
      int sum = (int) add.invokeExact(call, 1);
      times[call] = System.nanoTime() - start;
      if (sum != call + 1) {
        throw new AssertionError(sum);
      }
    }
    Arrays.sort(times);
    return times[CALLS / 2] / 1e3;
  }
}
