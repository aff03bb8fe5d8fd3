package io.hyperlight.internal.machine;

import io.hyperlight.internal.hypervisor.VirtualCpu;
import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.VdsoPages;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the host does for the vDSO of a guest: it reads the same counter as the guest, and writes
 * the numbers by which the guest computes time from it ({@link VdsoPages}).
 *
 * <p>A hypervisor may add an offset to the counter that guests read. It is the same as long as the
 * VM lives and nobody sets the host's counter. It is found when it is needed for the first time.
 *
 * <p>Nothing here costs anything before the guest asks for time.
 */
public final class Vdso {
  /** How often the offset is measured. */
  private static final int ATTEMPTS = 4;

  /** The number of a set of numbers that is none. */
  private static final long NONE = 0;

  /**
   * A reading of all clocks at one moment.
   *
   * @param counter the guest's
   * @param nanos the host's monotonic time
   * @param slope nanoseconds for each 2^32 counts; positive
   * @param ahead how far real time is ahead of monotonic time, in nanoseconds
   */
  public record Reading(long counter, long nanos, long slope, long ahead) {}

  private final Architecture kind;
  private final VirtualCpu cpu;
  private final PhysicalMemory memory;
  private final Supplier<AddressSpace> space;
  private final int processors;
  private @Nullable HostTime host;

  /** What the guest's counter is ahead of the host's. */
  private long offset;

  /** When the offset was measured; negative if never. */
  private int epoch = -1;

  private boolean usable;

  /** The sequence number of the last numbers. Another guest has others. */
  private long sequence;

  /** Whether the guest has numbers. */
  private boolean published;

  /** Whether anything but zeros is on the page. */
  private boolean written;

  /**
   * Creates that of a VM.
   *
   * @param cpu one that does not run while the host answers a system call
   * @param space returns the one in which the vDSO is mapped
   * @param processors on how many vCPUs threads of the guest run
   */
  Vdso(
      Architecture kind,
      VirtualCpu cpu,
      PhysicalMemory memory,
      Supplier<AddressSpace> space,
      int processors) {
    this.kind = kind;
    this.cpu = cpu;
    this.memory = memory;
    this.space = space;
    this.processors = processors;
  }

  private HostTime host() {
    HostTime known = host;
    if (known == null) {
      known = HostTime.ofProcess(kind);
      host = known;
    }
    return known;
  }

  /** Returns the counter, after {@link #read} has returned a reading. */
  public long now() {
    return host().counter() + offset;
  }

  /** Reads all clocks. Returns null if the guest's counter cannot be used now. */
  public @Nullable Reading read() {
    HostTime.Reading now = host().read();
    if (now == null) {
      return null;
    }
    if (now.epoch() != epoch) {
      usable = kind.hasOneCounter() || measureOffset(host());
      epoch = now.epoch();
    }
    return usable
        ? new Reading(now.counter() + offset, now.nanos(), now.slope(), now.ahead())
        : null;
  }

  /**
   * Measures the offset. It is somewhere in an interval. If 0 is, the offset is 0. Otherwise the
   * result is the lower end, so that the host is never ahead of the guest. The host is behind by no
   * more than the way back from an ioctl takes, and any exit of the guest takes longer.
   *
   * @return whether all measurements agree
   */
  private boolean measureOffset(HostTime time) {
    long low = Long.MIN_VALUE;
    long high = Long.MAX_VALUE;
    for (int i = 0; i < ATTEMPTS; i++) {
      long before = time.counter();
      long guest = cpu.timeStampCounter();
      long after = time.counter();
      low = Math.max(low, guest - after);
      high = Math.min(high, guest - before);
    }
    offset = low <= 0 && high >= 0 ? 0 : low;
    return low <= high;
  }

  /**
   * Takes the numbers back: the guest makes system calls instead. When this returns, whatever
   * another processor still computes from them is no later than any reading from now on.
   */
  public void withdraw() {
    if (published) {
      memory.putLongOrdered(page() + VdsoPages.SEQUENCE, NONE);
      published = false;
    }
  }

  /** Takes the numbers back, and leaves none on the page. */
  public void clear() {
    if (written) {
      withdraw();
      long page = page();
      for (int at = 0;
          at < VdsoPages.AHEAD + VdsoPages.CLOCK_COUNT * Long.BYTES;
          at += Long.BYTES) {
        memory.putLong(page + at, 0);
      }
      written = false;
    }
  }

  /** Records that the page has become that of an image, which has no numbers. */
  public void restored() {
    written = false;
    published = false;
  }

  /** Returns the guest-physical address of the page. Only this guest holds it afterwards. */
  private long page() {
    return space.get().pin(VdsoPages.NUMBERS);
  }

  /**
   * Gives the guest numbers, after {@link #withdraw}. The parameters are those of {@link
   * VdsoPages}.
   *
   * @param ahead by the numbers of Linux's clocks
   */
  public void publish(long counter, long counts, long slope, long nanos, long[] ahead) {
    long page = page();
    written = true;
    memory.putLong(page + VdsoPages.COUNTER, counter);
    memory.putLong(page + VdsoPages.COUNTS, counts);
    memory.putLong(page + VdsoPages.SLOPE, slope);
    memory.putLong(page + VdsoPages.NANOS, nanos);
    for (int i = 0; i < ahead.length; i++) {
      memory.putLong(page + VdsoPages.AHEAD + (long) i * Long.BYTES, ahead[i]);
    }
    memory.putLongOrdered(page + VdsoPages.SEQUENCE, nextSequence());
    published = true;
  }

  /**
   * Returns a number that code has not seen which was stopped while it computed time, even if it
   * was stopped in another VM or process.
   */
  private long nextSequence() {
    if (sequence == NONE) {
      sequence = new SplittableRandom().nextLong();
    }
    sequence++;
    if (sequence == NONE) {
      sequence++;
    }
    return sequence;
  }

  /** If the guest has one processor, tells it so. Then it need not ask which one it is on. */
  public void publishOneProcessor() {
    if (processors == 1) {
      long page = page();
      written = true;
      memory.putLongOrdered(page + VdsoPages.ONE_PROCESSOR, 1);
    }
  }
}
