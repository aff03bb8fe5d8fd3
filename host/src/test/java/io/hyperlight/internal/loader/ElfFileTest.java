package io.hyperlight.internal.loader;

import static io.hyperlight.internal.loader.ElfImage.PT_DYNAMIC;
import static io.hyperlight.internal.loader.ElfImage.PT_LOAD;
import static io.hyperlight.internal.loader.ElfImage.PT_NOTE;
import static io.hyperlight.internal.loader.ElfImage.P_FILESZ;
import static io.hyperlight.internal.loader.ElfImage.P_FLAGS;
import static io.hyperlight.internal.loader.ElfImage.P_MEMSZ;
import static io.hyperlight.internal.loader.ElfImage.P_OFFSET;
import static io.hyperlight.internal.loader.ElfImage.P_TYPE;
import static io.hyperlight.internal.loader.ElfImage.P_VADDR;
import static io.hyperlight.internal.loader.Spoilt.assertRefused;
import static io.hyperlight.internal.loader.Spoilt.guest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.internal.abi.FunctionEntry;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.testing.NotInHardwareLane;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NotInHardwareLane("No VM takes part.")
class ElfFileTest {
  private static final int READ_WRITE = 6;
  private static final int READ_EXECUTE = 5;
  private static final int READ = 4;

  @Test
  void aSoundGuestIsTaken() {
    GuestProgram program = new GuestProgram(guest().toByteArray());
    assertThat(program.exports().keySet()).containsExactly("add", "count", "element", "question");
    assertThat(program.imports()).hasSize(1);
    assertThat(program.segments())
        .isSortedAccordingTo((a, b) -> Long.compare(a.address(), b.address()))
        .extracting(ElfSegment::protection)
        .containsOnlyOnce(Protection.READ_EXECUTE, Protection.READ_WRITE);
  }

  @Test
  void theCallersBytesAreNotChangedByRelocation() {
    byte[] file = guest().toByteArray();
    byte[] copy = file.clone();
    assertThat(new GuestProgram(file).segments()).isNotEmpty();
    assertThat(file).isEqualTo(copy);
  }

  @Test
  void whatIsNoElfFileIsCalledThat() {
    assertRefused(new byte[0]).withMessageContaining("not an ELF file");
    assertRefused("#!/bin/sh\n".getBytes(UTF_8)).withMessageContaining("a script, not an ELF file");
    assertRefused(new byte[] {0x7f, 'E', 'L'}).withMessageContaining("not an ELF file");
    assertRefused(guest().setByte(0, 0x7e)).withMessageContaining("not an ELF file");
  }

  @Test
  void otherKindsOfElfFilesAreNamed() {
    assertRefused(guest().setByte(ElfImage.E_CLASS, 1)).withMessageContaining("32-bit");
    assertRefused(guest().setByte(ElfImage.E_CLASS, 3)).withMessageContaining("unknown ELF class");
    assertRefused(guest().setByte(ElfImage.E_DATA, 2)).withMessageContaining("little-endian");
    assertRefused(guest().setByte(ElfImage.E_VERSION, 2)).withMessageContaining("of version 1");
    assertRefused(guest().setShort(ElfImage.E_MACHINE, 183))
        .withMessageContaining("another processor (ELF machine 183): compile it for x86-64");
    assertRefused(guest().setShort(ElfImage.E_TYPE, 1)).withMessageContaining("object file");
    assertRefused(guest().setShort(ElfImage.E_TYPE, 4)).withMessageContaining("core dump");
    assertRefused(guest().setShort(ElfImage.E_TYPE, 0xfe00))
        .withMessageContaining("unknown ELF type 65024");
  }

  @Test
  void everyTruncationIsRefusedOrChangesNothing() {
    byte[] whole = guest().toByteArray();
    GuestProgram sound = new GuestProgram(whole);
    int refused = 0;
    for (int size = 0; size < whole.length; size++) {
      GuestProgram program;
      try {
        program = new GuestProgram(Arrays.copyOf(whole, size));
      } catch (GuestFormatException e) {
        assertThat(e).hasMessageMatching("(?s)(not an ELF file|truncated: ).*");
        refused++;
        continue;
      }
      // Only the parts behind all segments are missing: section headers and symbols.
      assertThat(program.exports().keySet()).isEqualTo(sound.exports().keySet());
      assertThat(program.segments()).hasSameSizeAs(sound.segments());
      assertThat(program.symbolAt(sound.segments().get(1).address())).isNotNull();
    }
    assertThat(refused).isBetween(whole.length / 2, whole.length - 1);
  }

  @Test
  void programHeadersThatMakeNoSenseAreRefused() {
    assertRefused(guest().setShort(ElfImage.E_PHNUM, 0)).withMessageContaining("make no program");
    assertRefused(guest().setShort(ElfImage.E_PHNUM, 257)).withMessageContaining("make no program");
    assertRefused(guest().setShort(ElfImage.E_PHENTSIZE, 32))
        .withMessageContaining("make no program");
    for (long offset : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, guest().size()}) {
      assertRefused(guest().setLong(ElfImage.E_PHOFF, offset))
          .withMessageContaining("truncated: the program header table");
    }
  }

  @Test
  void aProgramWithoutSegmentsIsRefused() {
    ElfImage image = guest();
    for (int i = 0; i < image.programHeaderCount(); i++) {
      if (image.getInt(image.programHeader(i)) == PT_LOAD) {
        image.setInt(image.programHeader(i) + P_TYPE, 0);
      }
    }
    assertRefused(image).withMessageContaining("no loadable segment");
  }

  @Test
  void segmentsThatShareAPageAreRefused() {
    ElfImage image = guest();
    long code = image.getLong(image.segment(READ_EXECUTE) + P_VADDR);
    assertRefused(guest().setLong(image.segment(READ_WRITE) + P_VADDR, code + 0x800))
        .withMessageContaining("overlap or share a page");
    assertRefused(guest().setLong(image.segment(READ_WRITE) + P_VADDR, code))
        .withMessageContaining("overlap or share a page");
    // A segment that reaches over the next one.
    assertRefused(guest().setLong(image.segment(READ) + P_MEMSZ, 1 << 20))
        .withMessageContaining("overlap or share a page");
  }

  @Test
  void segmentsThatAreBothWritableAndExecutableAreRefused() {
    ElfImage image = guest();
    for (int flags : new int[] {3, 7}) {
      assertRefused(guest().setInt(image.segment(READ_EXECUTE) + P_FLAGS, flags))
          .withMessageContaining("both writable and executable");
    }
  }

  @Test
  void aSegmentIsNeverLargerInTheFileThanInMemory() {
    ElfImage image = guest();
    long header = image.segment(READ_EXECUTE);
    assertRefused(guest().setLong(header + P_MEMSZ, image.getLong(header + P_FILESZ) - 1))
        .withMessageContaining("larger in the file than in memory");
    assertRefused(guest().setLong(header + P_FILESZ, -1))
        .withMessageContaining("larger in the file than in memory");
    assertRefused(guest().setLong(header + P_FILESZ, Long.MIN_VALUE))
        .withMessageContaining("larger in the file than in memory");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        -1,
        -0x1000,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 0xfff,
        AddressSpace.USER_END,
        AddressSpace.USER_END - 0x1000,
        0xffff_8000_0000_0000L
      })
  void addressesAndSizesThatLeaveUserSpaceAreRefused(long hostile) {
    ElfImage image = guest();
    for (int flags : new int[] {READ, READ_EXECUTE, READ_WRITE}) {
      assertRefused(guest().setLong(image.segment(flags) + P_VADDR, hostile))
          .withMessageContaining("not within user space");
    }
    assertRefused(guest().setLong(image.segment(READ_WRITE) + P_MEMSZ, hostile))
        .withMessageContaining("not within user space");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 7, 1L << 32})
  void offsetsThatLeaveTheFileAreRefused(long hostile) {
    for (int type : new int[] {PT_LOAD, PT_DYNAMIC, PT_NOTE}) {
      ElfImage image = guest();
      assertRefused(image.setLong(image.programHeader(type, 0) + P_OFFSET, hostile))
          .withMessageContaining("truncated");
    }
    for (int type : new int[] {PT_DYNAMIC, PT_NOTE}) {
      ElfImage image = guest();
      assertRefused(image.setLong(image.programHeader(type, 0) + P_FILESZ, hostile))
          .withMessageContaining("truncated");
    }
  }

  @Test
  void anEntryPointOutsideOfCodeIsRefused() {
    ElfImage image = guest();
    long data = image.getLong(image.segment(READ_WRITE) + P_VADDR);
    for (long entry : new long[] {data, -1, 0, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertRefused(guest().setLong(ElfImage.E_ENTRY, entry))
          .withMessageContaining("entry point")
          .withMessageContaining("not in its code");
    }
  }

  @Test
  void aSmallFileCannotBecomeLargeAsManyCopiesOfItself() {
    assertRefused(withManySegments(PT_LOAD)).withMessageContaining("overlap in the file");
    assertRefused(withManySegments(PT_NOTE)).withMessageContaining("overlap in the file");
  }

  /** Puts 200 program headers behind the guest's own. Each of them covers nearly the whole file. */
  private static ElfImage withManySegments(int type) {
    int more = 200;
    ElfImage image = guest();
    int count = image.programHeaderCount();
    long table = image.size();
    ElfImage larger = image.extendedBy((count + more) * ElfImage.PROGRAM_HEADER_SIZE);
    for (int i = 0; i < count * ElfImage.PROGRAM_HEADER_SIZE; i += 4) {
      larger.setInt(table + i, image.getInt(image.programHeader(0) + i));
    }
    for (int i = count; i < count + more; i++) {
      long header = table + (long) i * ElfImage.PROGRAM_HEADER_SIZE;
      larger
          .setInt(header + P_TYPE, type)
          .setInt(header + P_FLAGS, READ)
          .setLong(header + P_OFFSET, 0)
          .setLong(header + P_VADDR, (long) i << 24)
          .setLong(header + P_FILESZ, table)
          .setLong(header + P_MEMSZ, table);
    }
    return larger.setLong(ElfImage.E_PHOFF, table).setShort(ElfImage.E_PHNUM, count + more);
  }

  @Test
  void aSecondDynamicSectionIsRefused() {
    ElfImage image = guest();
    assertRefused(image.setInt(image.programHeader(PT_NOTE, 0) + P_TYPE, PT_DYNAMIC))
        .withMessageContaining("two dynamic sections");
  }

  @Test
  void aDynamicProgramIsRefusedByWhatItAsksFor() {
    ElfImage image = guest();
    assertRefused(guest().setInt(image.programHeader(PT_NOTE, 0) + P_TYPE, 3))
        .withMessageContaining("dynamically linked");
    assertRefused(guest().setLong(image.dynamicEntry(21), 1)) // DT_DEBUG becomes DT_NEEDED
        .withMessageContaining("needs shared libraries");
    assertRefused(guest().setLong(image.dynamicEntry(ElfImage.DT_FLAGS_1) + 8, 0))
        .withMessageContaining("a shared library");
  }

  @Test
  void aRelocationOfAnotherTypeIsNamed() {
    ElfImage image = guest();
    long relocation = relocationOfTheTable(image);
    assertRefused(image.setInt(relocation + 8, 6)) // R_X86_64_GLOB_DAT
        .withMessageContaining("relocation of type 6 at 0x")
        .withMessageContaining("link it with -static");
  }

  private static long relocationOfTheTable(ElfImage image) {
    return image.relocationOf(image.functionAddress("add") + FunctionEntry.NAME);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 0x10_0000, -0x20_0000})
  void relocationsOutsideOfSegmentsAreRefused(long hostile) {
    ElfImage image = guest();
    long relocation = relocationOfTheTable(image);
    assertRefused(guest().setLong(relocation, hostile))
        .withMessageContaining("in none of its segments");
    assertRefused(guest().setLong(image.dynamicEntry(ElfImage.DT_RELA) + 8, hostile))
        .withMessageContaining("in none of its segments");
  }

  @Test
  void aRelocationThatReachesOverTheEndOfASegmentIsRefused() {
    ElfImage image = guest();
    long header = image.segment(READ_EXECUTE);
    long end = image.getLong(header + P_VADDR) + image.getLong(header + P_MEMSZ);
    assertRefused(image.setLong(relocationOfTheTable(image), end - 7))
        .withMessageContaining("a relocated word");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1 << 20})
  void aRelocationTableLargerThanItsSegmentIsRefused(long hostile) {
    ElfImage image = guest();
    assertRefused(image.setLong(image.dynamicEntry(8) + 8, hostile)) // DT_RELASZ
        .withMessageContaining("the relocation table");
  }

  @Test
  void relocationsAddTheLoadBias() {
    ElfImage image = guest();
    GuestProgram program = new GuestProgram(image.toByteArray());
    long address = image.functionAddress("add") + ElfFile.POSITION_INDEPENDENT_BASE;
    ElfSegment segment =
        program.segments().stream().filter(s -> s.contains(address)).findFirst().orElseThrow();
    long name = segment.contents().i64(address - segment.address() + FunctionEntry.NAME, "a name");
    long addend = image.getLong(relocationOfTheTable(image) + 16);
    assertThat(name).isEqualTo(addend + ElfFile.POSITION_INDEPENDENT_BASE);
    assertThat(Objects.requireNonNull(program.exports().get("add")).address())
        .isGreaterThan(ElfFile.POSITION_INDEPENDENT_BASE);
  }

  @Test
  void aProgramThatIsLinkedTooLowOrTooHighLeavesNoRoom() {
    long memory = 16 << 20;
    long stack = 1 << 18;
    for (long low : List.of(0L, 0x1000L, 0x1_0000L, 0x1_1fffL)) {
      assertThatExceptionOfType(GuestFormatException.class)
          .isThrownBy(() -> GuestLayout.of(low, low + 1, stack, 0, memory, false))
          .withMessageContaining("below 0x12000")
          .withMessageContaining("link it higher");
    }
    for (long low : List.of(0x1_2000L, 0x1_4fffL)) {
      assertThatExceptionOfType(GuestFormatException.class)
          .as("a program that starts itself has a vDSO, too")
          .isThrownBy(() -> GuestLayout.of(low, low + 1, stack, stack, memory, true))
          .withMessageContaining("below 0x15000");
      assertThat(GuestLayout.of(low, low + 1, stack, 0, memory, false)).isNotNull();
    }
    for (long high : List.of(AddressSpace.USER_END - 1, AddressSpace.USER_END - 2 * memory)) {
      assertThatExceptionOfType(GuestFormatException.class)
          .isThrownBy(() -> GuestLayout.of(high, high + 1, stack, 0, memory, false))
          .withMessageContaining("link it lower");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0x1_2000, 0x20_0000, 0x40_0001, 0x7ff0_0000_0000L})
  void whatIsLaidOutLiesInOrderWithGuardsBetween(long program) {
    long memory = 3L << 30;
    long stack = 1L << 30;
    GuestLayout layout = GuestLayout.of(program, program + 1, stack, 0, memory, false);
    assertThat(layout.guardBelowStack()).isGreaterThan(program).isEqualTo(pageUp(program + 1));
    assertThat(layout.stack()).isGreaterThanOrEqualTo(layout.guardBelowStack() + (1 << 20));
    assertThat(layout.stackEnd()).isEqualTo(layout.stack() + stack);
    assertThat(layout.window()).isGreaterThan(layout.stackEnd());
    assertThat(layout.heap()).isGreaterThan(layout.window() + memory);
    assertThat(layout.end()).isEqualTo(layout.heap() + memory);
    assertThat(layout.end()).isLessThanOrEqualTo(AddressSpace.USER_END);
    assertThat(layout.isStackGuard(layout.stack())).isFalse();
    assertThat(layout.isStackGuard(layout.stack() - 1)).isTrue();
    assertThat(layout.isStackGuard(layout.guardBelowStack() - 1)).isFalse();
    assertThat(layout.frame() % 16).isZero();
    for (long part :
        List.of(layout.stack(), layout.stackEnd(), layout.window(), layout.heap(), layout.end())) {
      assertThat(part % 4096).isZero();
    }
  }

  private static long pageUp(long address) {
    return (address + 4095) & -4096;
  }
}
