package io.hyperlight.vm;

import io.hyperlight.kvm.Vcpu;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Platform threads that run vCPUs for virtual threads. A virtual thread that ran one itself would
 * hold its carrier for as long as the guest computes, and other virtual threads would wait for it.
 * Handing over costs some microseconds; a platform thread does without.
 */
final class VcpuThreads {
  private static final long IDLE_SECONDS = 10;

  /** As many threads as guests run at once; idle ones end. */
  private static final ExecutorService THREADS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("hyperlight-vcpu-", 1).factory());

  private VcpuThreads() {}

  /** {@link Vcpu#run}, while the calling virtual thread is parked. */
  static int run(Vcpu vcpu) {
    return CompletableFuture.supplyAsync(vcpu::run, THREADS).join();
  }
}
