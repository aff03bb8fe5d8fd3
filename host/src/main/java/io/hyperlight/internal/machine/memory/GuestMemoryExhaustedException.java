package io.hyperlight.internal.machine.memory;

/** The sandbox's guest-physical memory is used up. Nothing was changed. */
public final class GuestMemoryExhaustedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long wantedBytes;
  private final long freeBytes;
  private final long sizeBytes;

  public GuestMemoryExhaustedException(long wantedBytes, long freeBytes, long sizeBytes) {
    super(
        "%,d bytes of guest memory wanted, %,d of %,d are free"
            .formatted(wantedBytes, freeBytes, sizeBytes));
    this.wantedBytes = wantedBytes;
    this.freeBytes = freeBytes;
    this.sizeBytes = sizeBytes;
  }

  public long wantedBytes() {
    return wantedBytes;
  }

  public long freeBytes() {
    return freeBytes;
  }

  public long sizeBytes() {
    return sizeBytes;
  }
}
