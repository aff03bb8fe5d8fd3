package io.hyperlight.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the scripts that install what the project needs, on machines in different states. */
class SetUpTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** The programs that the scripts run, and those that they must find here. */
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "cat",
          "cut",
          "dirname",
          "env",
          "flock",
          "gcc",
          "getent",
          "grep",
          "head",
          "id",
          "mktemp",
          "mvn",
          "objcopy",
          "readlink",
          "rm",
          "setpriv",
          "sort",
          "tail");

  @TempDir private Path folder;

  private record Result(int status, String output, String errors) {
    boolean isSuccess() {
      return status == 0;
    }
  }

  @BeforeEach
  void makeAMachineWithFewPrograms() throws IOException {
    for (String tool : TOOLS) {
      Files.createSymbolicLink(folder.resolve(tool), find(tool));
    }
    // This is the package manager of a machine without a network.
    program("apt-get", "echo \"$@\" >>\"$(dirname \"$0\")/asked\"; exit 100");
  }

  private static Path find(String tool) {
    for (String directory : System.getenv("PATH").split(":", -1)) {
      Path file = Path.of(directory, tool);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    throw new AssertionError("no " + tool);
  }

  private void program(String name, String script) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, "#!/bin/bash\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Result run(Map<String, String> environment, String... command) throws Exception {
    Path errors = folder.resolve("errors");
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    int status = process.waitFor();
    return new Result(status, Files.readString(output, UTF_8), Files.readString(errors, UTF_8));
  }

  private Result setUp(String part) throws Exception {
    return run(Map.of("PATH", folder.toString()), "/bin/bash", "tools/setup", part);
  }

  @Test
  void nothingIsInstalledWhereNothingIsMissing() throws Exception {
    Result result = setUp("build");

    assertThat(result).isEqualTo(new Result(0, result.output(), ""));
    assertThat(folder.resolve("asked")).doesNotExist();
  }

  @Test
  void whatCannotBeBroughtIsNamedInOneLineWithTheCommandThatInstallsIt() throws Exception {
    Result result = setUp("all"); // This PATH lacks strace, clang, lld and QEMU.

    assertThat(result.status()).isEqualTo(1);
    assertThat(result.errors().lines().toList())
        .last()
        .asString()
        .startsWith("hyperlight: missing; as root: apt-get update && apt-get install -y ")
        .contains(" strace")
        .contains(" clang lld qemu-system-x86");
  }

  @Test
  void onePackageThatTheDistributionLacksDoesNotKeepTheOthersAway() throws Exception {
    assumeTrue(runsAsRoot(), "only root installs without being asked");
    setUp("all");

    List<String> asked = Files.readAllLines(folder.resolve("asked"));
    assertThat(asked.getFirst()).contains("strace").contains("lld");
    assertThat(asked).contains("update").anyMatch(line -> line.endsWith(" strace"));
  }

  private static boolean runsAsRoot() throws IOException {
    return Files.getOwner(Path.of("/proc/self")).getName().equals("root");
  }

  @Test
  void aCargoThatDoesNotRunIsNotTaken() throws Exception {
    program("cargo", "echo 'rustup could not choose a version of cargo to run' >&2; exit 1");
    program("rustc", "exit 1");

    assertThat(setUp("tests").output()).doesNotContain(folder.toString());
  }

  @Test
  void aCargoThatIsTooOldIsNotTaken() throws Exception {
    program("cargo", "echo 'cargo 1.63.0'");
    program("rustc", "echo 'rustc 1.63.0'");

    assertThat(setUp("tests").output()).doesNotContain(folder.toString());
  }

  @Test
  void theTestCommandTakesOptionsOnly() throws Exception {
    Result result =
        run(
            Map.of("PATH", System.getenv("PATH"), "JAVA_HOME", System.getProperty("java.home")),
            "./hyperlight",
            "test",
            "SandboxCallTest");

    assertThat(result.status()).isEqualTo(2);
    assertThat(result.errors()).contains("not 'SandboxCallTest'").hasLineCount(1);
  }

  @Test
  void whoMayNotUseKvmIsToldInOneLine() throws Exception {
    assumeTrue(runsAsRoot(), "only root can become somebody else");
    assumeTrue(!asNobody("test", "-r", "/dev/kvm").isSuccess(), "everybody may use KVM here");
    assumeTrue(asNobody("test", "-r", "tools/test").isSuccess(), "others cannot read this folder");

    Result result = asNobody("./hyperlight", "test");

    assertThat(result.status()).isEqualTo(69);
    assertThat(result.errors()).contains("permission on /dev/kvm").hasLineCount(1);
  }

  private Result asNobody(String... command) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    all.addAll(List.of(command));
    return run(
        Map.of("PATH", System.getenv("PATH"), "JAVA_HOME", System.getProperty("java.home")),
        all.toArray(String[]::new));
  }
}
