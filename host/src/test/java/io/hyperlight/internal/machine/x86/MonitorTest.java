package io.hyperlight.internal.machine.x86;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.internal.hypervisor.x86.Segment;
import io.hyperlight.internal.hypervisor.x86.SpecialRegisters;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.machine.memory.PageTables;
import io.hyperlight.internal.machine.memory.PageWalk;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.testing.NotInHardwareLane;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The supervisor pages, read back as the processor reads them. */
@NotInHardwareLane("No VM takes part.")
class MonitorTest {
  private static final long MEMORY = 1 << 20;

  private final PhysicalMemory memory = new PhysicalMemory(MEMORY);
  private final PageTables tables = new PageTables(memory);

  @AfterEach
  void unmap() {
    memory.close();
  }

  private ByteBuffer read(long address, int size) {
    long page = address & -PAGE_SIZE;
    long physical = PageWalk.page(memory, tables.root(), page).physical();
    byte[] bytes = new byte[size];
    memory.get(physical + (address - page), bytes, 0, size);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void onlyThreePagesAreMappedAndNoneForUserCode(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    Map<Long, PageWalk.Page> pages = PageWalk.pages(memory, tables.root());
    assertThat(pages.keySet()).containsExactly(Monitor.DATA, Monitor.CODE, Monitor.STACK);
    assertThat(pages.values()).noneMatch(PageWalk.Page::userOnAnyLevel);
    assertThat(pages.values()).allMatch(page -> page.accessed() && page.dirty());
    assertThat(pages.get(Monitor.DATA)).matches(page -> !page.writable() && !page.executable());
    assertThat(pages.get(Monitor.CODE)).matches(page -> !page.writable() && page.executable());
    assertThat(pages.get(Monitor.STACK)).matches(page -> page.writable() && !page.executable());
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theHostFindsTheExceptionStackWhereTheProcessorPushes(SystemCallEntry entry) {
    long top = Monitor.install(memory, tables, entry);
    long physical = PageWalk.page(memory, tables.root(), Monitor.STACK).physical();
    assertThat(top).isEqualTo(physical + PAGE_SIZE);
    assertThat(Monitor.STACK_TOP).isEqualTo(Monitor.STACK + PAGE_SIZE);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void hiddenPartsOfSegmentRegistersEqualTheirDescriptors(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    SpecialRegisters registers =
        RegisterImage.create(
            entry,
            new CpuFeatures(List.of(), true, true, true, 7, 0),
            tables.root().address(),
            MachineOptions.DEFAULT);
    List<Segment> segments =
        List.of(
            registers.cs(),
            registers.ss(),
            registers.ds(),
            registers.es(),
            registers.fs(),
            registers.gs(),
            registers.tr());
    for (Segment segment : segments) {
      assertThat(descriptor(segment.selector())).isEqualTo(segment);
    }
    assertThat(registers.gdt().base()).isEqualTo(Monitor.GDT);
    assertThat(registers.gdt().limit()).isEqualTo(Monitor.TASK + 16 - 1);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theSelectorsThatSyscallAndSysretLoadAreInTheirOrder(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    assertThat(Monitor.KERNEL_DATA).isEqualTo(Monitor.KERNEL_CODE + 8);
    assertThat(Monitor.USER_CODE).isEqualTo(Monitor.USER_DATA + 8);
    Segment user = descriptor(Monitor.USER_CODE);
    assertThat(user.longMode()).isTrue();
    assertThat(user.privilegeLevel()).isEqualTo(3);
    Segment kernel = descriptor(Monitor.KERNEL_CODE);
    assertThat(kernel.longMode()).isTrue();
    assertThat(kernel.privilegeLevel()).isZero();
    assertThat(X86Processor.STAR >>> 32 & 0xffff).isEqualTo(Monitor.KERNEL_CODE);
    assertThat((X86Processor.STAR >>> 48) + 8).isEqualTo(Monitor.USER_DATA);
    assertThat((X86Processor.STAR >>> 48) + 16).isEqualTo(Monitor.USER_CODE);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void noDescriptorIsAWayIntoTheSupervisor(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    for (int selector = 0; selector < Monitor.TASK; selector += 8) {
      // No call gate, task gate or conforming code segment, which user code could use.
      Segment segment = descriptor(selector);
      assertThat(segment.codeOrData() || !segment.present()).isTrue();
      assertThat(segment.codeOrData() && (segment.type() & 12) == 12).isFalse();
    }
  }

  /** Intel SDM vol. 3, "Segment Descriptors" and "TSS Descriptor in 64-bit mode". */
  private Segment descriptor(int selector) {
    ByteBuffer table = read(Monitor.GDT, Monitor.GDT_LIMIT + 1);
    long low = table.getLong(selector & ~7);
    boolean codeOrData = (low >>> 44 & 1) != 0;
    boolean present = (low >>> 47 & 1) != 0;
    long base = ((low >>> 16) & 0xff_ffff) | ((low >>> 56) << 24);
    if (!codeOrData && present) {
      base |= table.getLong((selector & ~7) + 8) << 32;
    }
    boolean granularity = (low >>> 55 & 1) != 0;
    int limit = (int) ((low & 0xffff) | ((low >>> 32) & 0xf_0000));
    return new Segment(
        base,
        granularity ? (limit << 12) | 0xfff : limit,
        selector,
        (int) (low >>> 40 & 0xf),
        present,
        (int) (low >>> 45 & 3),
        (low >>> 54 & 1) != 0,
        codeOrData,
        (low >>> 53 & 1) != 0,
        granularity,
        false);
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void theTaskSwitchesToTheExceptionStackOnly(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    ByteBuffer task = read(Monitor.TSS, Monitor.taskLimit(entry) + 1);
    // Intel SDM vol. 3, "64-Bit TSS Format": RSP0 to RSP2, then IST1 to IST7.
    assertThat(task.getInt(0)).isZero();
    assertThat(task.getLong(0x04)).isEqualTo(Monitor.STACK_TOP);
    assertThat(task.getLong(0x24)).isEqualTo(Monitor.STACK_TOP);
    assertThat(task.getShort(0x66)).isEqualTo((short) 0x68);
    for (int other : new int[] {0x0c, 0x14, 0x1c, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c}) {
      assertThat(task.getLong(other)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void userCodeReachesThePortOfItsStubAndNoOther(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    ByteBuffer task = read(Monitor.TSS, Monitor.taskLimit(entry) + 1);
    List<Integer> granted = new ArrayList<>();
    for (int port = 0; port <= 0xffff; port++) {
      for (int size = 1; size <= 4; size *= 2) {
        if (isGranted(task, port, size)) {
          granted.add(port);
          assertThat(size).isEqualTo(1);
        }
      }
    }
    assertThat(granted)
        .isEqualTo(entry == SystemCallEntry.USER ? List.of(Monitor.SYSTEM_CALL_PORT) : List.of());
  }

  /**
   * Intel SDM vol. 1, "I/O Permission Bit Map": the processor reads two bytes, which both have to
   * lie within the segment, and every bit of the access must be clear.
   */
  private static boolean isGranted(ByteBuffer task, int port, int size) {
    int at = Short.toUnsignedInt(task.getShort(0x66)) + port / 8;
    if (at + 1 >= task.capacity()) {
      return false;
    }
    int bits = Short.toUnsignedInt(task.getShort(at)) >>> port % 8;
    return (bits & (1 << size) - 1) == 0;
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void everyVectorHasAnInterruptGateToItsOwnStub(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    ByteBuffer idt = read(Monitor.IDT, Monitor.IDT_LIMIT + 1);
    assertThat(idt.capacity()).isEqualTo(16 * 32);
    for (int vector = 0; vector < 32; vector++) {
      // Intel SDM vol. 3, "64-Bit Mode IDT": offset, selector, IST, type and attributes.
      int at = 16 * vector;
      long handler =
          Short.toUnsignedLong(idt.getShort(at))
              | Short.toUnsignedLong(idt.getShort(at + 6)) << 16
              | (long) idt.getInt(at + 8) << 32;
      assertThat(handler).isEqualTo(Monitor.exceptionStubAddress(vector));
      assertThat(idt.getShort(at + 2)).isEqualTo((short) Monitor.KERNEL_CODE);
      assertThat(idt.get(at + 4)).isEqualTo((byte) 1);
      int privilegeLevel = vector == 3 || vector == 4 ? 3 : 0;
      assertThat(idt.get(at + 5)).isEqualTo((byte) (0x80 | privilegeLevel << 5 | 0xe));
      assertThat(idt.getInt(at + 12)).isZero();
      byte[] stub = Monitor.exceptionStub(vector).toByteArray();
      assertThat(read(handler, stub.length).array()).isEqualTo(stub);
    }
  }

  @ParameterizedTest
  @EnumSource(SystemCallEntry.class)
  void supervisorCodeIsTheStubsAndNothingElse(SystemCallEntry entry) {
    Monitor.install(memory, tables, entry);
    byte[] expected = new byte[PAGE_SIZE];
    for (int vector = 0; vector < Monitor.VECTORS; vector++) {
      put(expected, Monitor.exceptionStubAddress(vector), Monitor.exceptionStub(vector));
    }
    put(expected, Monitor.RETURN, Monitor.returnStub());
    if (entry == SystemCallEntry.SUPERVISOR) {
      put(expected, Monitor.systemCallStubAddress(entry), Monitor.systemCallStub(entry));
    }
    assertThat(Arrays.equals(read(Monitor.CODE, PAGE_SIZE).array(), expected)).isTrue();
  }

  private static void put(byte[] page, long address, MachineCode code) {
    System.arraycopy(code.toByteArray(), 0, page, (int) (address - Monitor.CODE), code.size());
  }
}
