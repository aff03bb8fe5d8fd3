package io.hyperlight.containment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hyperlight.Guest;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.ChildJvm;
import io.hyperlight.testing.Command;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How little a process needs to run sandboxes: no user's rights, and few system calls. */
@NotInHardwareLane("Other processes, the compiler among them, take minutes there.")
@Tag("slow")
class LeastPrivilegeTest {
  private static final Path PROFILE =
      Path.of("").toAbsolutePath().resolve("../config/seccomp.json");

  private static final List<String> JVM =
      List.of("--enable-native-access=ALL-UNNAMED", "-Xmx256m", "-XX:-UsePerfData");

  @TempDir private Path folder;

  private List<String> child() {
    List<String> command = new ArrayList<>(ChildJvm.commandLine(ConfinedGuest.class, JVM));
    command.add(CompiledGuest.fileOf(ConfinedGuest.GUEST).toAbsolutePath().toString());
    command.add(folder.toString());
    return command;
  }

  /**
   * Runs as user and group nobody, without capabilities and without a way to get any. The device
   * file in its own mount namespace belongs to a group of that user.
   */
  @Test
  void aUserWithoutAnyRightsButToTheDeviceRunsSandboxes() throws IOException {
    assumeTrue(
        Command.run("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt").status() == 0,
        "needs root, to make a situation in which there is no root");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path device = folder.resolve("kvm");
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-ec",
                """
                cp -a /dev/kvm "$0"
                chown 0:65533 "$0"
                chmod 660 "$0"
                mount --bind "$0" /dev/kvm
                exec setpriv --reuid=65534 --regid=65534 --groups=65533 --no-new-privs \\
                  --bounding-set=-all --inh-caps=-all "$@"
                """,
                device.toString()));
    command.addAll(child());
    assertThat(Command.run(command).outputOfSuccess())
        .contains("Uid: 65534 65534 65534 65534")
        .contains("Groups: 65533")
        .contains("CapEff: 0000000000000000")
        .contains("NoNewPrivs: 1")
        .contains(ConfinedGuest.DONE);
  }

  @Test
  void aUserWithoutTheDeviceIsToldWhatIsMissing() {
    assumeTrue(
        Command.run("setpriv", "--reuid=65534", "--clear-groups", "true").status() == 0
            && Command.run("setpriv", "--reuid=65534", "--clear-groups", "test", "-w", "/dev/kvm")
                    .status()
                != 0,
        "needs root, to run as somebody who may not open /dev/kvm");
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    command.addAll(child());
    Command.Result result = Command.run(command);
    assertThat(result.status()).isNotZero();
    assertThat(result.errors())
        .contains("HypervisorException")
        .containsPattern(
            "no permission to open /dev/kvm: it belongs to user \\S+ and group \\S+ with mode");
  }

  /**
   * Runs under the filter that a container runtime would make of the profile, and cannot leave it.
   */
  @Test
  void theProfileOfSystemCallsIsEnoughForAllThatAServiceDoes() throws IOException {
    Command.Result result = runUnderProfile(allowed());
    assertThat(result.outputOfSuccess())
        .contains("NoNewPrivs: 1")
        .contains("Seccomp: 2")
        .contains(ConfinedGuest.DONE);
  }

  /** That the filter filters. */
  @Test
  void withoutAnyOfTheCallsThatSandboxesAreMadeOfTheProfileIsNot() throws IOException {
    for (String call : List.of("ioctl", "memfd_create")) {
      List<String> without = new ArrayList<>(allowed());
      assertThat(without.remove(call)).isTrue();
      Command.Result result = runUnderProfile(without);
      assertThat(result.status()).as(call).isNotZero();
    }
  }

  private static List<String> allowed() throws IOException {
    String json = Files.readString(PROFILE);
    assertThat(json).contains("\"defaultAction\": \"SCMP_ACT_ERRNO\"", "\"defaultErrnoRet\": 38");
    int names = json.indexOf("\"names\"");
    return Pattern.compile("\"([a-z0-9_]+)\"")
        .matcher(json.substring(names + 7, json.indexOf(']', names)))
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }

  private Command.Result runUnderProfile(List<String> calls) {
    String numbers =
        calls.stream().map(call -> "    SYS_" + call + ",\n").collect(Collectors.joining());
    List<String> command = new ArrayList<>();
    command.add(CProgram.compile(LAUNCHER.replace("NUMBERS", numbers), List.of()).toString());
    command.addAll(child());
    return Command.run(command);
  }

  /** Installs a filter of system calls, and becomes another program. */
  private static final String LAUNCHER = SourceFile.of(LeastPrivilegeTest.class, "launcher.c");

  /** Runs in a JVM of its own, since loading the library a second time opens the device again. */
  @Test
  void theDeviceIsOpenedOnceAndNoDescriptorOutlivesAnExec() {
    List<String> command = new ArrayList<>(ChildJvm.commandLine(Holder.class, JVM));
    command.add(CompiledGuest.fileOf(ConfinedGuest.GUEST).toString());
    assertThat(Command.run(command).outputOfSuccess())
        .isEqualTo("hyperlight-snapshot=1 kvm=1 kvm-vcpu=2 kvm-vm=2 \n");
  }

  /** Holds two sandboxes and a snapshot. Prints what is open for them without O_CLOEXEC. */
  static final class Holder {
    private static final long O_CLOEXEC = 02000000;

    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try (Sandbox sandbox =
              Sandbox.builder(Guest.load(Path.of(arguments[0])))
                  .hostFunction("twice", (Long number) -> 2 * number)
                  .build();
          Snapshot snapshot = sandbox.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        long counted = spawned.call("count", long.class, 1L);
        if (counted != 3) {
          throw new IllegalStateException("counted " + counted);
        }
        TreeMap<String, Integer> kinds = new TreeMap<>();
        for (Path descriptor : descriptors()) {
          String target = targetOf(descriptor);
          if (target.contains("kvm") || target.contains("hyperlight-snapshot")) {
            String kind =
                target.replaceAll(".*[/:](kvm[a-z-]*|hyperlight-snapshot).*", "$1")
                    + ((flagsOf(descriptor) & O_CLOEXEC) == 0 ? " without O_CLOEXEC" : "");
            kinds.merge(kind, 1, Integer::sum);
          }
        }
        kinds.forEach((kind, count) -> System.out.print(kind + "=" + count + " "));
        System.out.println();
      }
    }

    private static List<Path> descriptors() throws IOException {
      try (Stream<Path> list = Files.list(Path.of("/proc/self/fd"))) {
        return list.toList();
      }
    }

    private static String targetOf(Path descriptor) {
      try {
        return Files.readSymbolicLink(descriptor).toString();
      } catch (IOException e) {
        return ""; // closed meanwhile: of another thread, or of the listing itself
      }
    }

    private static long flagsOf(Path descriptor) throws IOException {
      return Files.readAllLines(Path.of("/proc/self/fdinfo/" + descriptor.getFileName())).stream()
          .filter(line -> line.startsWith("flags:"))
          .mapToLong(line -> Long.parseLong(line.substring("flags:".length()).strip(), 8))
          .findFirst()
          .orElseThrow();
    }
  }
}
