package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the script that starts the command, in a built tree, with closed standard streams. */
class LauncherTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private static Path tree;

  /** A program whose exit status says how each of its standard streams behaves. */
  private static Path tool = Path.of("");

  @BeforeAll
  static void makeTree() throws Exception {
    String modules = System.getProperty("jdk.module.path");
    assertThat(modules).as("the command is a module").isNotNull();
    for (String folder : List.of("cli/src/main", "cli/target/app", "bench/target/app", "guest/c")) {
      Files.createDirectories(tree.resolve(folder));
    }
    Files.createDirectories(tree.resolve("examples/guests"));
    Files.createFile(tree.resolve("pom.xml"));
    Files.createFile(tree.resolve("cli/pom.xml"));
    Files.copy(ROOT.resolve("hyperlight"), tree.resolve("hyperlight"));
    // A module is a jar or a folder. Each gets a name of its own.
    int number = 0;
    for (String module : modules.split(":", -1)) {
      if (Files.exists(Path.of(module)) && !module.isEmpty()) {
        String target = "cli/target/app/" + number++ + (module.endsWith(".jar") ? ".jar" : "");
        assertThat(run("cp -r \"$1\" \"$2\"", module, target)).isZero();
      }
    }
    Files.createFile(tree.resolve("bench/target/app/hyperlight-bench.jar"));
    Path source =
        Files.writeString(
            tree.resolve("tool.c"),
            """
            #include <errno.h>
            #include <unistd.h>
            int main(void)
            {
                char byte = 'x';
                int status = 0;
                if (read(0, &byte, 1) < 0) status |= errno == EBADF ? 1 : 64;
                if (write(1, &byte, 1) < 0) status |= errno == EBADF ? 2 : 64;
                if (write(2, &byte, 1) < 0) status |= errno == EBADF ? 4 : 64;
                return status;
            }
            """);
    tool = tree.resolve("tool");
    assertThat(run("gcc -static -o tool \"$1\"", source.toString())).isZero();
  }

  private static int run(String script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(tree.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    process.getOutputStream().close();
    return process.waitFor();
  }

  @Test
  void aClosedStreamIsABadDescriptorToTheProgramAsNatively() throws Exception {
    for (int closed : new int[] {0, 1, 2, 4, 7}) {
      StringBuilder script = new StringBuilder("exec \"$@\"");
      for (int i = 0; i < 3; i++) {
        script.append((closed & (1 << i)) == 0 ? "" : " " + i + (i == 0 ? "<&-" : ">&-"));
      }
      assertThat(run(script.toString(), tool.toString())).as("natively").isEqualTo(closed);
      assertThat(run(script.toString(), "./hyperlight", "run", tool.toString()))
          .as("%s", script)
          .isEqualTo(closed);
    }
  }

  @Test
  void aCommandWhoseOutputIsClosedFails() throws Exception {
    assertThat(run("./hyperlight --help >&-")).isEqualTo(ExitStatus.FAILED);
    assertThat(run("./hyperlight --help <&- 2>&-")).isZero();
  }
}
