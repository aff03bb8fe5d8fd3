package io.hyperlight.internal.snapshot;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.loader.GuestLayout;
import io.hyperlight.internal.machine.ImagePages;
import io.hyperlight.internal.machine.MachineImage;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.PageRun;
import io.hyperlight.internal.machine.x86.UserState;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;

/**
 * Writes snapshot files. The format is in docs/snapshot-format.md. The file of a snapshot always
 * has the same bytes.
 */
public final class SnapshotWriter {
  private SnapshotWriter() {}

  /** Returns the bytes that snapshot files begin with. */
  public static byte[] magic() {
    return SnapshotHeader.magic();
  }

  /**
   * Writes an image.
   *
   * @param name of the guest; unprintable characters are replaced
   * @param libraryVersion of this library
   * @param out buffered or not: all but a few writes are large
   * @throws SnapshotFormatException if the format cannot express the image
   * @throws io.hyperlight.internal.machine.ImageClosedException if the image is closed
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   */
  public static void write(
      InstanceImage image, String name, String libraryVersion, OutputStream out)
      throws IOException {
    MessageDigest digest = SnapshotInput.sha256();
    try (ImagePages pages = new ImagePages(image.machine())) {
      write(image, pages, name, libraryVersion, new DigestOutputStream(out, digest));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    out.write(digest.digest());
  }

  private static void write(
      InstanceImage image, ImagePages pages, String name, String libraryVersion, OutputStream out)
      throws IOException {
    List<MappedRange> mappings = pages.mappings();
    List<PageRun> runs = pages.writtenRuns();
    byte[] version = toName(libraryVersion, SnapshotHeader.LONGEST_VERSION);
    byte[] guestName = toName(name, SnapshotHeader.LONGEST_NAME);
    SnapshotHeader header = header(image, version.length, guestName.length, mappings.size(), runs);
    check(image, header, mappings);
    out.write(header.toByteArray());
    out.write(version);
    out.write(guestName);
    out.write(new byte[header.namePadding()]);
    out.write(mappingTable(mappings));
    out.write(runTable(runs));
    out.write(image.program().file());
    out.write(new byte[header.programPadding()]);
    for (PageRun run : runs) {
      pages.copy(run, piece -> writeUnchecked(out, piece));
    }
  }

  private static void writeUnchecked(OutputStream out, byte[] bytes) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] toName(String text, int longest) {
    return Text.toName(text, longest).getBytes(StandardCharsets.UTF_8);
  }

  private static SnapshotHeader header(
      InstanceImage image, int versionBytes, int nameBytes, int mappings, List<PageRun> runs) {
    MachineImage machine = image.machine();
    GuestLayout layout = image.layout();
    long programBreak = image.systemCalls().programBreak();
    return new SnapshotHeader(
        image.platform().processorOf(machine),
        machine.memorySizeBytes(),
        layout.stackEnd() - layout.stack(),
        image.windowEnd(),
        programBreak,
        GuestAbi.pageEnd(programBreak),
        (UserState) machine.userState(),
        versionBytes,
        nameBytes,
        mappings,
        runs.size(),
        image.program().file().length,
        Math.toIntExact(runs.stream().mapToLong(PageRun::pages).sum()),
        image.systemCalls().clock().monotonicNanos());
  }

  /** Refuses everything that a reader would refuse. */
  private static void check(
      InstanceImage image, SnapshotHeader header, List<MappedRange> mappings) {
    if (header.programBytes() > SnapshotHeader.LARGEST_PROGRAM) {
      throw new SnapshotFormatException(
          "its program has %,d bytes, and %,d are the most that a snapshot file can hold: strip it"
              .formatted(header.programBytes(), SnapshotHeader.LARGEST_PROGRAM));
    }
    if (image.program().startsItself()) {
      throw refused("uses a libc", "that yet");
    }
    if (!image.embedding().settings().mounts().isEmpty()) {
      throw refused("has files", "those");
    }
    if (image.machine().hasSeveralContexts()) {
      throw refused("has had threads", "those yet");
    }
    String beyond = image.systemCalls().beyondInitial();
    if (beyond != null) {
      throw refused("has " + beyond, "those yet");
    }
    if (!mappings.equals(
        image.layout().mappings(image.program(), header.windowEnd(), header.breakEnd()))) {
      throw refused("has mappings of its own", "those yet");
    }
    if (!header.userState().isPossible()) {
      throw refused("has registers that no call leaves", "those");
    }
  }

  private static SnapshotFormatException refused(String guestHas, String what) {
    return new SnapshotFormatException(
        "its guest %s, and a snapshot file cannot hold %s: spawn sandboxes from the snapshot in this process"
            .formatted(guestHas, what));
  }

  private static byte[] mappingTable(List<MappedRange> mappings) {
    byte[] table = new byte[mappings.size() * SnapshotHeader.MAPPING_SIZE];
    ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    for (MappedRange mapping : mappings) {
      buffer
          .putLong(mapping.start())
          .putLong(mapping.end())
          .putInt(SnapshotHeader.code(mapping.protection()))
          .putInt(0);
    }
    return table;
  }

  private static byte[] runTable(List<PageRun> runs) {
    byte[] table = new byte[runs.size() * SnapshotHeader.RUN_SIZE];
    ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    for (PageRun run : runs) {
      buffer.putLong(run.start()).putLong(run.pages());
    }
    return table;
  }
}
