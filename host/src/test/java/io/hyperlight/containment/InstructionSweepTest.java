package io.hyperlight.containment;

import static io.hyperlight.error.GuestFaultException.Kind.DEBUG;
import static io.hyperlight.error.GuestFaultException.Kind.DEVICE_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.OTHER;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tries every instruction, by encoding rather than by the manuals: all opcodes of the four maps,
 * with operands in memory and in registers, and with each prefix. Each ends in a fault of one of
 * the library's kinds or returns to its caller. Instructions for a kernel are never completed.
 * After each instruction the sandbox is restored and called, and from time to time it is compared
 * with a newborn one. {@code -Dhyperlight.test.instructions=1000000} tries all of them.
 *
 * <p>One instruction is left out: {@code vmmcall}. A paravirtual KVM executes it for ever without
 * an exit, like an endless loop. Only an interrupt of the vCPU ends it: {@link EndlessAttacks}.
 */
@Tag("slow")
final class InstructionSweepTest {
  /** How many of the instructions are tried, at random. Instructions for a kernel are all tried. */
  private static final int SAMPLE = Integer.getInteger("hyperlight.test.instructions", 4_000);

  private static final int ORACLE_EVERY = 1_000;

  private static final HexFormat HEX = HexFormat.of();

  /** The processor's table that has an opcode: the bytes before it. */
  enum OpcodeMap {
    ONE_BYTE(""),
    TWO_BYTES("0f"),
    THREE_BYTES_38("0f38"),
    THREE_BYTES_3A("0f3a");

    private final String escape;

    OpcodeMap(String escape) {
      this.escape = escape;
    }
  }

  private static final List<String> PREFIXES = List.of("", "66", "f2", "f3", "f0", "48", "6648");

  /**
   * The second byte: an operand in memory for each value of its middle field, which often belongs
   * to the opcode, and all forms with a register.
   */
  private static final int[] OPERANDS =
      IntStream.concat(IntStream.range(0, 8).map(i -> i << 3), IntStream.range(0xc0, 0x100))
          .toArray();

  private static final Set<Kind> REFUSED =
      EnumSet.of(PROTECTION, ILLEGAL_INSTRUCTION, MEMORY_ACCESS, DEVICE_ACCESS);

  /**
   * Instructions for a kernel, as the beginning of their encoding. After a slash is the value of
   * the second byte's middle field, and whether the operand has to be memory (m).
   */
  private static final List<String> PRIVILEGED =
      List.of(
          "f4",
          "fa",
          "fb",
          "6c",
          "6d",
          "6e",
          "6f",
          "e4",
          "e5",
          "e6",
          "e7",
          "ec",
          "ed",
          "ee",
          "ef",
          "0f00/2",
          "0f00/3",
          "0f01/2m",
          "0f01/3m",
          "0f01/6",
          "0f01/7m",
          "0f01c8",
          "0f01c9",
          "0f01d1",
          "0f01d8",
          "0f01da",
          "0f01db",
          "0f01dc",
          "0f01dd",
          "0f01de",
          "0f01df",
          "0f01f8",
          "0f06",
          "0f07",
          "0f08",
          "0f09",
          "0f20",
          "0f21",
          "0f22",
          "0f23",
          "0f30",
          "0f32",
          "0f33",
          "0f34",
          "0f35",
          "0f78/0m",
          "0f79",
          "0faa",
          "0fc7/3m",
          "0fc7/5m",
          "0fc7/6m",
          "0fc7/7m",
          "660fc7/6m",
          "f30fc7/6m",
          "660f3880",
          "660f3881",
          "660f3882");

  private static final List<String> LOOPS_WITHOUT_EXIT = List.of("0f01d9");

  /** A short jump to itself, or to its prefix. */
  private static final Pattern LOOP = Pattern.compile("(7.|e[0-3]|eb)f[a-f]$");

  private final CodeRunner runner = new CodeRunner();

  @AfterEach
  void close() {
    runner.close();
  }

  private static List<String> instructionsOf(OpcodeMap map, String prefix) {
    return IntStream.range(0, 256)
        .boxed()
        .flatMap(opcode ->
            IntStream.of(OPERANDS)
                .mapToObj(operand ->
                    prefix
                        + map.escape
                        + HEX.toHexDigits((byte) (int) opcode)
                        + HEX.toHexDigits((byte) operand)))
        .filter(instruction -> LOOPS_WITHOUT_EXIT.stream().noneMatch(instruction::contains))
        .filter(instruction -> map != OpcodeMap.ONE_BYTE || !LOOP.matcher(instruction).find())
        .toList();
  }

  private static boolean isPrivileged(String instruction) {
    return PRIVILEGED.stream().anyMatch(pattern -> matches(instruction, pattern));
  }

  private static boolean matches(String instruction, String pattern) {
    int slash = pattern.indexOf('/');
    String opcode = slash < 0 ? pattern : pattern.substring(0, slash);
    if (!instruction.startsWith(opcode)) {
      return false;
    }
    if (slash < 0 || instruction.length() == opcode.length()) {
      return slash < 0;
    }
    int operand = HexFormat.fromHexDigits(instruction, opcode.length(), opcode.length() + 2);
    return (operand >> 3 & 7) == pattern.charAt(slash + 1) - '0'
        && (operand < 0xc0 || !pattern.endsWith("m"));
  }

  private void runAll(List<String> instructions) {
    List<String> completed = new ArrayList<>();
    int count = 0;
    for (String instruction : instructions) {
      GuestFaultException fault = runner.run(HEX.parseHex(instruction), CodeRunner.MIDDLE);
      if (isPrivileged(instruction) && (fault == null || !REFUSED.contains(fault.kind()))) {
        completed.add(instruction + ": " + fault);
      }
      if (++count % ORACLE_EVERY == 0) {
        assertThat(runner.leaks()).as("after %s", instruction).isEmpty();
      }
    }
    assertThat(completed).isEmpty();
    assertThat(runner.leaks()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void endsInAFaultOrReturns(OpcodeMap map) {
    Random random = new Random(Seeds.all().findFirst().orElseThrow());
    List<String> all =
        PREFIXES.stream().flatMap(prefix -> instructionsOf(map, prefix).stream()).toList();
    int sample = SAMPLE / OpcodeMap.values().length;
    runAll(
        sample >= all.size()
            ? all
            : random.ints(sample, 0, all.size()).mapToObj(all::get).toList());
  }

  @Test
  void ofAKernelIsRefusedInEveryForm() {
    List<String> all =
        Stream.of("", "66", "f3")
            .flatMap(prefix ->
                Stream.concat(
                    instructionsOf(OpcodeMap.ONE_BYTE, "").stream(),
                    Stream.concat(
                        instructionsOf(OpcodeMap.TWO_BYTES, prefix).stream(),
                        instructionsOf(OpcodeMap.THREE_BYTES_38, prefix).stream())))
            .filter(InstructionSweepTest::isPrivileged)
            .distinct()
            .toList();
    assertThat(all).hasSizeGreaterThan(1_000);
    Random random = new Random(1);
    runAll(all.stream().filter(i -> random.nextInt(all.size()) < SAMPLE).toList());
  }

  /**
   * Their effect on a hypervisor may depend on registers: RAX, and RCX with the number of an MSR.
   */
  @ParameterizedTest
  @ValueSource(strings = {"", "31c031c9", "b801000000b9800000c0", "48c7c0ffffffffb9820000c0"})
  void ofAnySoftwareInterruptIsRefusedButThoseForEverybody(String before) {
    for (int vector = 0; vector < 256; vector++) {
      GuestFaultException fault =
          runner.fault(
              HEX.parseHex(before + "cd" + HEX.toHexDigits((byte) vector)), CodeRunner.MIDDLE);
      assertThat(fault.kind())
          .as("int %d", vector)
          .isIn(
              switch (vector) {
                case 3 -> EnumSet.of(DEBUG, ILLEGAL_INSTRUCTION, PROTECTION);
                case 4 -> EnumSet.of(OTHER, ILLEGAL_INSTRUCTION, PROTECTION);
                // To the paravirtual KVM of Linux (kvm_pvm) it is CPUID.
                case 26 -> EnumSet.of(PROTECTION, ILLEGAL_INSTRUCTION, DEBUG);
                default -> EnumSet.of(PROTECTION, ILLEGAL_INSTRUCTION);
              });
    }
    assertThat(runner.leaks()).isEmpty();
  }

  /** The longest instruction has 15 bytes. These differ only in how many prefixes they have. */
  @Test
  void isRefusedIfItIsTooLong() {
    for (String last : List.of("90", "0f05", "e670", "0f01d0", "f4")) {
      for (int length = 14; length <= 20; length++) {
        String instruction = "66".repeat(length - last.length() / 2) + last;
        byte[] bytes = HEX.parseHex(instruction);
        if (length <= 15) {
          runner.run(bytes, CodeRunner.MIDDLE);
        } else {
          GuestFaultException fault = runner.fault(bytes, CodeRunner.MIDDLE);
          assertThat(fault.kind()).as(instruction).isIn(REFUSED);
        }
      }
    }
    assertThat(runner.leaks()).isEmpty();
  }

  /** Nothing is mapped after the second page. */
  @Test
  void thatEndsOrDoesNotEndAtTheLastMappedByteIsFetchedInWholeOrNotAtAll() {
    for (String instruction :
        List.of("0f05", "e670", "0f0b", "f4", "cd03", "48b80000000000000000", "f36c", "0f01f8")) {
      byte[] bytes = HEX.parseHex(instruction);
      for (int missing = 0; missing < bytes.length; missing++) {
        byte[] part = Arrays.copyOf(bytes, bytes.length - missing);
        GuestFaultException fault = runner.fault(part, CodeRunner.SIZE - part.length);
        if (missing > 0 && part.length > 0) {
          assertThat(fault.kind())
              .as("%s without %d", instruction, missing)
              .isEqualTo(MEMORY_ACCESS);
        }
      }
    }
    assertThat(runner.leaks()).isEmpty();
  }

  @Test
  void crossesThePagesOfItsCodeLikeAnyOther() {
    // mov $1000, %eax; syscall; ret
    byte[] bytes = HEX.parseHex("b8e80300000f05c3");
    for (int place = 4096 - bytes.length; place <= 4096; place++) {
      assertThat(runner.run(bytes, place)).as("at %d", place).isNull();
    }
    assertThat(runner.leaks()).isEmpty();
  }

  /**
   * Code that overwrites what comes next, also a system call, and code that overwrites itself after
   * a system call. What runs is what was written.
   */
  @Test
  void mayChangeTheNextOne() {
    // movl $0xc3582a6a, 0(%rip) over four breakpoints: push $42; pop %rax; ret
    assertThat(runner.result(HEX.parseHex("c705000000006a2a58c3cccccccc"))).isEqualTo(42);
    // mov $1000, %eax; movw $0x050f, 0(%rip) over ud2: syscall; ret
    assertThat(runner.result(HEX.parseHex("b8e803000066c70500000000" + "0f05" + "0f0b" + "c3")))
        .isEqualTo(-38);
    // mov $1000, %eax; syscall; movb $0xc3, 0(%rip) over int3
    assertThat(runner.result(HEX.parseHex("b8e80300000f05c60500000000c3cc"))).isEqualTo(-38);
    assertThat(runner.leaks()).isEmpty();
  }

  /** As a fuzzer of processors would: any bytes, but those that may jump backwards. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  @NotInHardwareLane("What the emulated processor executes wrongly is not the library's.")
  void ofRandomBytesEndsInAFault(int seed) {
    Random random = new Random(seed);
    for (int i = 0; i < SAMPLE / 4; i++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      while (bytes.size() < 12) {
        int next = random.nextInt(256);
        if (!mayJumpBack(next)) {
          bytes.write(next);
        }
      }
      String text = HEX.formatHex(bytes.toByteArray());
      if (LOOPS_WITHOUT_EXIT.stream().noneMatch(text::contains)) {
        runner.fault(bytes.toByteArray(), CodeRunner.MIDDLE);
      }
    }
    assertThat(runner.leaks()).isEmpty();
  }

  /** Jumps, loops, calls and returns, which may all make an endless loop. */
  private static boolean mayJumpBack(int opcode) {
    return (opcode >= 0x70 && opcode < 0x90)
        || (opcode >= 0xe0 && opcode < 0xe4)
        || opcode == 0xeb
        || opcode == 0xe8
        || opcode == 0xe9
        || opcode == 0xff
        || opcode == 0xc2
        || opcode == 0xc3
        || (opcode >= 0xca && opcode <= 0xcf && opcode != 0xcc);
  }
}
