package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.machine.memory.MappedRange;
import io.hyperlight.internal.machine.memory.PageRun;
import io.hyperlight.internal.machine.memory.PageTable;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PageWalk;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.Gate;
import io.hyperlight.internal.machine.x86.GuestProcessor;
import io.hyperlight.internal.machine.x86.Monitor;
import io.hyperlight.internal.machine.x86.SystemCallEntry;
import io.hyperlight.internal.machine.x86.UserState;
import io.hyperlight.internal.machine.x86.X86Architecture;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images that are built and not frozen, for both kinds of machine. */
@NotInHardwareLane("No VM takes part.")
class MachineImageBuilderTest {
  private static final long MEMORY = 1 << 20;
  private static final long CODE = 0x2_0000;
  private static final long DATA = 0x4_0000;
  private static final long FRAME = DATA + 4 * PAGE_SIZE - CallFrame.SIZE;
  private static final GuestProcessor PROCESSOR = new GuestProcessor(0b101, 0b11);

  private static void fill(AddressSpace space) {
    space.map(CODE, PAGE_SIZE, Protection.READ_EXECUTE);
    space.map(DATA, 4 * PAGE_SIZE, Protection.READ_WRITE);
    space.initialise(CODE, new byte[] {(byte) 0xc3}, 0, 1);
    space.initialise(DATA + 5, new byte[] {1, 2, 3}, 0, 3);
    space.initialise(DATA + 3 * PAGE_SIZE - 1, new byte[] {4, 5}, 0, 2);
  }

  private static MachineImageBuilder filled(SystemCallEntry entry, long memory) {
    MachineImageBuilder builder = new MachineImageBuilder(kind(entry), memory);
    fill(builder.addressSpace());
    builder.installGate(FRAME);
    return builder;
  }

  /** Returns all pages with their rights and contents, by their virtual addresses. */
  private static Map<Long, String> pages(PhysicalMemory memory, PageTable root) {
    Map<Long, String> pages = new TreeMap<>();
    PageWalk.pages(memory, root)
        .forEach((address, page) -> {
          byte[] contents = new byte[PAGE_SIZE];
          memory.get(page.physical(), contents, 0, contents.length);
          pages.put(address, page + " " + HexFormat.of().formatHex(contents));
        });
    return pages;
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void monitorTablesAndGateAreThoseOfANewMachine(SystemCallEntry entry) {
    try (PhysicalMemory machine = new PhysicalMemory(MEMORY);
        MachineImageBuilder builder = filled(entry, MEMORY);
        MachineImage image = builder.finish(UserState.INITIAL, PROCESSOR);
        PhysicalMemory spawned = new PhysicalMemory(image.retainMemory())) {
      PageTables tables = new PageTables(machine);
      long stackTop = Monitor.install(machine, tables, entry);
      AddressSpace space = new AddressSpace(machine, tables, List.of());
      fill(space);
      Gate.install(space, entry, FRAME);
      assertThat(((X86Architecture) image.kind()).entry()).isEqualTo(entry);
      assertThat(image.layout())
          .isEqualTo(new MachineImage.MemoryLayout(stackTop, List.of(space.mappings()), 0, FRAME));
      assertThat(pages(spawned, spawned.imageRoot(0))).isEqualTo(pages(machine, tables.root()));
    }
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void whatTheGuestSeesIsTheSameOnEveryKindOfMachine(SystemCallEntry entry) {
    try (MachineImageBuilder builder = filled(entry, MEMORY);
        MachineImage image = builder.finish(UserState.INITIAL, PROCESSOR);
        ImagePages pages = new ImagePages(image)) {
      assertThat(pages.mappings())
          .containsExactly(
              new MappedRange(CODE, CODE + PAGE_SIZE, Protection.READ_EXECUTE),
              new MappedRange(DATA, DATA + 4 * PAGE_SIZE, Protection.READ_WRITE));
      assertThat(pages.writtenRuns())
          .containsExactly(new PageRun(DATA, 1), new PageRun(DATA + 2 * PAGE_SIZE, 2));
      byte[][] copied = new byte[1][];
      pages.copy(new PageRun(DATA + 2 * PAGE_SIZE, 2), bytes -> copied[0] = bytes);
      assertThat(copied[0]).hasSize(2 * PAGE_SIZE);
      assertThat(copied[0][PAGE_SIZE - 1]).isEqualTo((byte) 4);
      assertThat(copied[0][PAGE_SIZE]).isEqualTo((byte) 5);
      assertThat(image.processor()).isEqualTo(PROCESSOR);
    }
  }

  @Test
  void whatFitsToTheLastPageFitsAndNoMore() {
    long used;
    try (MachineImageBuilder builder = filled(SystemCallEntry.SUPERVISOR, MEMORY);
        MachineImage image = builder.finish(UserState.INITIAL, PROCESSOR)) {
      used = image.memory().usedBytes();
    }
    try (MachineImageBuilder builder = filled(SystemCallEntry.SUPERVISOR, used)) {
      builder.finish(UserState.INITIAL, PROCESSOR).close();
    }
    try (MachineImageBuilder builder = filled(SystemCallEntry.SUPERVISOR, used - PAGE_SIZE)) {
      Map<String, Integer> before = Descriptors.of("hyperlight-snapshot");
      assertThatThrownBy(() -> builder.finish(UserState.INITIAL, PROCESSOR))
          .isInstanceOf(GuestMemoryExhaustedException.class);
      assertThat(Descriptors.of("hyperlight-snapshot")).isEqualTo(before);
    }
  }

  @Test
  void aStateThatWouldFaultInTheGateIsRefused() {
    try (MachineImageBuilder builder = filled(SystemCallEntry.USER, MEMORY)) {
      for (UserState state :
          List.of(
              new UserState(0x1_0000, (short) 0, 0, 0),
              new UserState(1, (short) 0, 0, 0),
              new UserState(0x1f80, (short) 0, 1L << 47, 0),
              new UserState(0x1f80, (short) 0, 0, Long.MAX_VALUE))) {
        assertThatThrownBy(() -> builder.finish(state, PROCESSOR))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  /** Returns this machine's kind with another way of system calls. */
  private static X86Architecture kind(SystemCallEntry entry) {
    X86Architecture here = HostPlatform.get().kind();
    return new X86Architecture(
        here.hypervisor(), here.cpuid(), here.features(), entry, here.protectionKeys());
  }
}
