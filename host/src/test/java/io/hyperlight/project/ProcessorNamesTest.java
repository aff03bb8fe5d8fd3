package io.hyperlight.project;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Code for one kind of processor has packages of its own, called rooms. Outside of them, no
 * identifier contains a word of the x86-64 manuals.
 */
@NotInHardwareLane("No VM takes part.")
class ProcessorNamesTest {
  private static final Path SOURCES = Path.of("src/main/java/io/hyperlight");

  /** The packages of one kind of processor, and the implementation that has its ioctls. */
  private static final Set<String> ROOMS = Set.of("x86", "kvm");

  private static final Pattern WORD =
      Pattern.compile("[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*");

  private static final Pattern OF_X86 =
      Pattern.compile(
          "x86|[er]ip|rax|rbx|rcx|rdx|rsi|rdi|rsp|rbp|r8|r9|r1[0-5]|[er]flags|cr[02348]|dr[0-7]"
              + "|xcr0?|msrs?|gdt|idt|ldt|tss|cpuid|xsave|xrstor|mxcsr|x87|sse|avx|tsc|rdtsc"
              + "|sysret|cpl|apic|efer|lstar|pkru|fs|gs|smep|smap|umip",
          Pattern.CASE_INSENSITIVE);

  /**
   * Exceptions that exist today. Do not add any: if code needs such a name, move what it names into
   * a room.
   */
  private static final Map<String, Set<String>> EXCEPTIONS =
      Map.ofEntries(
          // The guest ABI is that of x86-64, with the names of hyperlight.h.
          Map.entry(
              "internal/abi/ArgumentPlacement.java", Set.of("SSE_ARGUMENTS", "SSE_REGISTERS")),
          Map.entry(
              "internal/abi/CallFrame.java",
              Set.of(
                  "ANSWER_R8",
                  "ANSWER_RAX",
                  "ANSWER_RDX",
                  "FS_BASE",
                  "GS_BASE",
                  "MESSAGE_RAX",
                  "MESSAGE_RDI",
                  "MESSAGE_RDX",
                  "MESSAGE_RSI",
                  "SSE_ARGUMENTS")),
          // Where the hypervisor and the processor are chosen.
          Map.entry("internal/host/HostPlatform.java", Set.of("X86Hypervisor")),
          // Linux has its own names for requests of x86-64 programs, and for flags of clone(2).
          Map.entry("internal/linux/task/CloneArguments.java", Set.of("FS")),
          Map.entry("internal/linux/task/CloneCalls.java", Set.of("FS")),
          Map.entry("internal/linux/SystemCall.java", Set.of("x86")),
          Map.entry("internal/linux/SystemCallTable.java", Set.of("x86")),
          Map.entry("internal/linux/proc/PrctlCalls.java", Set.of("PR_GET_TSC")),
          Map.entry(
              "internal/linux/proc/ProcessCalls.java",
              Set.of(
                  "ARCH_GET_FS",
                  "ARCH_GET_GS",
                  "ARCH_SET_FS",
                  "ARCH_SET_GS",
                  "X86UserRegisters",
                  "fsBase",
                  "gsBase",
                  "setFsBase",
                  "setGsBase")),
          Map.entry("internal/linux/trace/ProcessTexts.java", Set.of("ARCH_GET_FS", "ARCH_GET_GS")),
          Map.entry("internal/loader/ElfFile.java", Set.of("EM_X86_64")),
          // These make machines, and find out what they consist of.
          Map.entry("internal/machine/CpuidProbe.java", Set.of("CpuidProbe", "X86Architecture")),
          Map.entry("internal/machine/DirtyRingProbe.java", Set.of("X86Architecture")),
          Map.entry("internal/machine/MachineImageBuilder.java", Set.of("xcr0")),
          Map.entry(
              "internal/machine/Platform.java",
              Set.of(
                  "Cpuid",
                  "CpuidProbe",
                  "X86Architecture",
                  "X86Hypervisor",
                  "X86VirtualCpu",
                  "X86VirtualMachine",
                  "apicBase",
                  "cpuid",
                  "supportedCpuid",
                  "xcr0")),
          Map.entry(
              "internal/machine/SharedMemoryTransport.java",
              Set.of(
                  "ANSWER_R8",
                  "ANSWER_RAX",
                  "ANSWER_RDX",
                  "MESSAGE_RAX",
                  "MESSAGE_RDI",
                  "MESSAGE_RDX",
                  "MESSAGE_RSI")),
          // A snapshot records what its program has seen of the processor.
          Map.entry(
              "internal/snapshot/SnapshotHeader.java",
              Set.of("fsBase", "gsBase", "mxcsr", "x87Control", "xcr0")));

  /** Code that uses a room from outside, and what it uses. Do not add any here either. */
  private static final Map<String, Set<String>> USERS =
      Map.ofEntries(
          Map.entry("internal/host/HostPlatform.java", Set.of("X86Hypervisor")),
          Map.entry("internal/linux/proc/ProcessCalls.java", Set.of("X86UserRegisters")),
          Map.entry("internal/linux/signal/SignalDelivery.java", Set.of("SignalFrame")),
          Map.entry("internal/loader/GuestLayout.java", Set.of("ContextSwitchCode", "Gate")),
          Map.entry("internal/loader/ProgramLoader.java", Set.of("Gate")),
          Map.entry(
              "internal/machine/CpuidProbe.java",
              Set.of("Cpuid", "MachineCode", "X86Architecture")),
          Map.entry(
              "internal/machine/DirtyRingProbe.java", Set.of("MachineCode", "X86Architecture")),
          Map.entry("internal/machine/ImagePages.java", Set.of("Gate")),
          Map.entry("internal/machine/MachineImage.java", Set.of("GuestProcessor")),
          Map.entry(
              "internal/machine/MachineImageBuilder.java", Set.of("GuestProcessor", "UserState")),
          Map.entry(
              "internal/machine/Platform.java",
              Set.of(
                  "CpuFeatures",
                  "Cpuid",
                  "GuestProcessor",
                  "Monitor",
                  "RunCode",
                  "SystemCallEntry",
                  "X86Architecture",
                  "X86Hypervisor",
                  "X86VirtualCpu",
                  "X86VirtualMachine")),
          Map.entry("internal/machine/ProbeCode.java", Set.of("MachineCode")),
          Map.entry("internal/machine/SelfTest.java", Set.of("MachineCode", "Monitor")),
          Map.entry("internal/machine/memory/PageTables.java", Set.of("TableEntries")),
          Map.entry("internal/machine/memory/TableCopies.java", Set.of("TableEntries")),
          Map.entry("internal/snapshot/SnapshotContents.java", Set.of("GuestProcessor")),
          Map.entry("internal/snapshot/SnapshotHeader.java", Set.of("GuestProcessor", "UserState")),
          Map.entry("internal/snapshot/SnapshotWriter.java", Set.of("UserState")));

  private static final Pattern IMPORT_OF_ROOM =
      Pattern.compile("(?m)^import (static )?io\\.hyperlight\\.[\\w.]*\\.x86\\.(\\w+)");

  @Test
  void fewKnowWhatIsInTheRooms() throws IOException {
    assertThat(
            found(source -> {
              Set<String> imported = new TreeSet<>();
              Matcher line = IMPORT_OF_ROOM.matcher(source);
              while (line.find()) {
                imported.add(line.group(2));
              }
              return imported;
            }))
        .isEqualTo(new TreeMap<>(USERS));
  }

  @Test
  void namesOfOneProcessorStayInItsRooms() throws IOException {
    assertThat(found(ProcessorNamesTest::namesIn)).isEqualTo(new TreeMap<>(EXCEPTIONS));
  }

  /**
   * Returns what is found in the source text of each file outside of the rooms, without empty
   * results.
   */
  private static Map<String, Set<String>> found(Function<String, Set<String>> finder)
      throws IOException {
    Map<String, Set<String>> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        Path name = SOURCES.relativize(file);
        if (!isInRoom(name)) {
          Set<String> names = finder.apply(Files.readString(file));
          if (!names.isEmpty()) {
            found.put(name.toString(), names);
          }
        }
      }
    }
    return found;
  }

  private static boolean isInRoom(Path file) {
    for (Path part : file) {
      if (ROOMS.contains(part.toString())) {
        return true;
      }
    }
    return false;
  }

  /** The identifiers of a source text, without those in comments, strings and names of packages. */
  private static Set<String> namesIn(String source) {
    String code =
        source
            .replaceAll("(?s)/\\*.*?\\*/", "")
            .replaceAll("(?s)\"\"\".*?\"\"\"", "")
            .replaceAll("//.*", "")
            .replaceAll("\"(\\\\.|[^\"\\\\])*\"", "")
            .replaceAll("(?m)^(import|package) .*", "");
    Set<String> names = new TreeSet<>();
    Matcher identifier = Pattern.compile("[A-Za-z_]\\w*").matcher(code);
    while (identifier.find()) {
      Matcher word = WORD.matcher(identifier.group().replace('_', ' '));
      while (word.find()) {
        if (OF_X86.matcher(word.group()).matches()) {
          names.add(identifier.group());
        }
      }
    }
    return names;
  }

  @Test
  void theRuleSeesSuchNames() {
    assertThat(
            namesIn(
                """
                import io.hyperlight.internal.hypervisor.x86.Register; // rax
                /* rbx */
                long rdx = Register.RCX; String text = "RSI"; long fsBase, flags, user_cr3, X86Cpu;
                """))
        .containsExactly("RCX", "X86Cpu", "fsBase", "rdx", "user_cr3");
  }
}
