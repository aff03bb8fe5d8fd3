package io.hyperlight.internal.snapshot;

import io.hyperlight.internal.abi.GuestAbi;
import io.hyperlight.internal.abi.Text;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.GuestOutput;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.linux.LinuxState;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.linux.time.ClockState;
import io.hyperlight.internal.loader.ElfSegment;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestLayout;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.ProgramLoader;
import io.hyperlight.internal.machine.MachineImage;
import io.hyperlight.internal.machine.MachineImageBuilder;
import io.hyperlight.internal.machine.Platform;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.PageRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Reads snapshot files. The format is in docs/snapshot-format.md.
 *
 * <p><b>Boundary.</b> The file is hostile, and may change while it is read. The reader reads it
 * once, from start to end, into memory of its own. There it checks everything, the digest included.
 * A digest says that a file is undamaged, but not who made it, so nothing else relies on it. The
 * mappings and their rights are computed as for a new sandbox, and the file has to agree. The file
 * adds only contents of pages that the guest can write. It adds nothing that the host or the
 * processor trusts.
 */
public final class SnapshotReader {
  private static final int PAGE_SIZE = GuestAbi.PAGE_SIZE;
  private static final int PAGES_AT_ONCE = 64;
  private static final byte[] ZEROS = new byte[PAGE_SIZE];

  private final SnapshotInput input;
  private final SnapshotHeader header;
  private final String libraryVersion;
  private final String name;
  private final List<MappedRange> mappings;
  private final List<PageRun> runs;
  private final GuestProgram program;
  private final GuestLayout layout;

  /**
   * A snapshot that was loaded.
   *
   * @param name of its guest
   * @param image without host functions; the caller closes it
   */
  public record Loaded(String name, InstanceImage image) {}

  /** Reads everything before the contents of pages. */
  private SnapshotReader(SeekableByteChannel channel) throws IOException {
    input = new SnapshotInput(channel);
    header = SnapshotHeader.parse(input.readUpTo(SnapshotHeader.SIZE));
    long size = input.size();
    if (size != header.fileBytes()) {
      throw size < header.fileBytes()
          ? SnapshotHeader.truncated()
          : SnapshotHeader.invalid("it has bytes after its end");
    }
    libraryVersion = readName(header.versionBytes(), "version");
    name = readName(header.nameBytes(), "name");
    input.skipZeros(header.namePadding());
    mappings = readMappings();
    runs = readRuns();
    byte[] file = input.read(header.programBytes());
    input.skipZeros(header.programPadding());
    try {
      program = new GuestProgram(file);
      layout = GuestLayout.of(program, header.stackBytes(), header.memoryBytes());
    } catch (GuestFormatException e) {
      throw new SnapshotFormatException("its program is not a guest: " + e.getMessage(), e);
    }
    if (program.startsItself()) {
      throw SnapshotHeader.invalid("its program is one that snapshot files do not hold");
    }
    checkMappings();
  }

  private String readName(int length, String what) throws IOException {
    String text = Text.decode(input.read(length));
    if (text == null || !Text.toName(text, length).equals(text)) {
      throw SnapshotHeader.invalid("its " + what + " is not printable text");
    }
    return text;
  }

  private List<MappedRange> readMappings() throws IOException {
    ByteBuffer table = readTable(header.mappings(), SnapshotHeader.MAPPING_SIZE);
    List<MappedRange> read = new ArrayList<>();
    while (table.hasRemaining()) {
      long start = table.getLong();
      long end = table.getLong();
      read.add(new MappedRange(start, end, SnapshotHeader.protection(table.getInt())));
      if (table.getInt() != 0) {
        throw SnapshotHeader.invalid("a reserved field is not 0");
      }
    }
    return List.copyOf(read);
  }

  private List<PageRun> readRuns() throws IOException {
    ByteBuffer table = readTable(header.runs(), SnapshotHeader.RUN_SIZE);
    List<PageRun> read = new ArrayList<>();
    while (table.hasRemaining()) {
      read.add(new PageRun(table.getLong(), table.getLong()));
    }
    return List.copyOf(read);
  }

  private ByteBuffer readTable(int count, int entrySize) throws IOException {
    return ByteBuffer.wrap(input.read(count * entrySize)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Checks that the mappings are those of a new sandbox with such a window and heap, and that the
   * runs lie in them.
   */
  private void checkMappings() {
    if (!isPageWithin(header.windowEnd(), layout.window(), header.memoryBytes())
        || !isPageWithin(header.breakEnd(), layout.heap(), header.memoryBytes())
        || header.programBreak() < layout.heap()
        || header.programBreak() > header.breakEnd()) {
      throw SnapshotHeader.invalid("its window or heap is not where the guest has it");
    }
    if (!mappings.equals(layout.mappings(program, header.windowEnd(), header.breakEnd()))) {
      throw SnapshotHeader.invalid("its memory is not mapped as the guest has it");
    }
    long pages = 0;
    long end = 0;
    for (PageRun run : runs) {
      if (run.pages() <= 0
          || run.pages() > header.pages() - pages
          || run.start() % PAGE_SIZE != 0
          || run.start() <= end
          || !isWritable(run)) {
        throw SnapshotHeader.invalid("its pages are not where the guest can write");
      }
      pages += run.pages();
      end = run.end();
    }
    if (pages != header.pages()) {
      throw SnapshotHeader.invalid("it has more pages than places for them");
    }
  }

  private static boolean isPageWithin(long address, long start, long length) {
    return address >= start && address <= start + length && address % PAGE_SIZE == 0;
  }

  /** Returns whether a run of positive length lies in one writable mapping. */
  private boolean isWritable(PageRun run) {
    return mappings.stream()
        .anyMatch(mapping ->
            mapping.protection().writable()
                && run.start() >= mapping.start()
                && run.start() < mapping.end()
                && run.pages() <= (mapping.end() - run.start()) / PAGE_SIZE);
  }

  /** Takes the pages of a file. */
  @FunctionalInterface
  private interface PageConsumer {
    /** Takes bytes that are whole pages, from an address on. */
    void accept(long address, byte[] bytes, int length);
  }

  /** Reads all pages, and returns whether the digest is right. */
  private boolean readPages(PageConsumer consumer) throws IOException {
    byte[] buffer = new byte[PAGES_AT_ONCE * PAGE_SIZE];
    for (PageRun run : runs) {
      for (long at = run.start(); at < run.end(); ) {
        int length = (int) Math.min(buffer.length, run.end() - at);
        input.read(buffer, length);
        for (int page = 0; page < length; page += PAGE_SIZE) {
          if (Arrays.equals(buffer, page, page + PAGE_SIZE, ZEROS, 0, PAGE_SIZE)) {
            throw SnapshotHeader.invalid("a page has no contents");
          }
        }
        consumer.accept(at, buffer, length);
        at += length;
      }
    }
    return input.endsInDigest();
  }

  /**
   * Reads a file and returns what it contains. It needs no KVM, and accepts the state of any
   * processor.
   *
   * @throws SnapshotFormatException if it is not a snapshot of this version; a wrong digest alone
   *     is no reason
   */
  public static SnapshotContents inspect(SeekableByteChannel channel) throws IOException {
    SnapshotReader reader = new SnapshotReader(channel);
    boolean intact = reader.readPages((address, bytes, length) -> {});
    return new SnapshotContents(
        SnapshotHeader.FORMAT_VERSION,
        GuestAbi.VERSION,
        reader.libraryVersion,
        reader.name,
        reader.program,
        reader.header.processor(),
        reader.header.memoryBytes(),
        reader.header.stackBytes(),
        reader.mappings,
        (long) PAGE_SIZE * reader.header.pages(),
        intact);
  }

  /**
   * Loads a snapshot.
   *
   * @param platform that runs the instances of the snapshot
   * @param output of these instances
   * @throws SnapshotFormatException if it cannot be loaded on this machine
   * @throws io.hyperlight.internal.hypervisor.HypervisorCallException if KVM fails
   * @throws io.hyperlight.internal.os.SystemCallException if the host has no memory for it
   */
  public static Loaded load(Platform platform, SeekableByteChannel channel, GuestOutput output)
      throws IOException {
    SnapshotReader reader = new SnapshotReader(channel);
    try {
      return new Loaded(reader.name, reader.load(platform, output));
    } catch (GuestMemoryExhaustedException e) {
      throw new SnapshotFormatException(
          "it is damaged: its guest does not fit into its memory: " + e.getMessage(), e);
    }
  }

  private InstanceImage load(Platform platform, GuestOutput output) throws IOException {
    List<String> missing = header.processor().missingOn(platform.guestProcessor());
    if (!missing.isEmpty()) {
      throw new SnapshotFormatException(
          "its guest was started on a processor with "
              + String.join(", ", missing)
              + ", which guests on this machine do not have: make a new snapshot on this machine");
    }
    LinuxState state = LinuxState.of(header.programBreak(), ClockState.of(header.monotonicNanos()));
    Embedding embedding =
        new Embedding(
            Collections.nCopies(program.importsByNumber().size(), null), output, Settings.DEFAULT);
    // Java allocates this object before readMachine makes the machine's image, so a full heap
    // cannot leak the image.
    return new InstanceImage(
        platform, program, readMachine(platform), layout, header.windowEnd(), state, embedding);
  }

  private MachineImage readMachine(Platform platform) throws IOException {
    try (MachineImageBuilder builder = platform.buildImage(header.memoryBytes())) {
      AddressSpace space = builder.addressSpace();
      for (MappedRange mapping : mappings) {
        space.map(mapping.start(), mapping.end() - mapping.start(), mapping.protection());
      }
      for (ElfSegment segment : program.segments()) {
        if (!segment.protection().writable()) {
          ProgramLoader.loadContents(segment, space);
        }
      }
      builder.installGate(layout.frame());
      ProgramLoader.writeInformation(space, layout);
      if (!readPages((address, bytes, length) -> space.initialise(address, bytes, 0, length))) {
        throw SnapshotHeader.invalid("its digest is not that of its contents");
      }
      // A file of an older library may have the heap mapped further than up to the break.
      long breakEnd = GuestAbi.pageEnd(header.programBreak());
      if (header.breakEnd() > breakEnd) {
        space.unmap(breakEnd, header.breakEnd() - breakEnd);
      }
      return builder.finish(header.userState(), header.processor());
    }
  }
}
