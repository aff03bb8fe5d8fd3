package io.hyperlight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs {@code hyperlight run} as a user types it. */
class RunCommandTest extends CommandFixture {
  private static final String[] LIBRARIES = {
    "--mount", "/usr:/usr", "--mount", "/lib:/lib:ro", "--mount", "/lib64:/lib64"
  };

  private static final String[] SYSTEM = {"--system"};

  @Test
  void runRunsAProgramFromThePath() {
    Tool.require(Tool.BUSYBOX);
    assertPrints("42\n", "run", "busybox", "expr", "6", "*", "7");
    assertThat(err()).isEmpty();
  }

  @Test
  void runHasTheProgramsStatusInputAndErrors() {
    Tool.require(Tool.BUSYBOX);
    InputStream original = System.in;
    System.setIn(new ByteArrayInputStream("one\ntwo\n".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(
              run("run", "busybox", "sh", "-c", "cat_; read x; echo $x; echo $A >&2; exit 7", "-"))
          .isEqualTo(7);
    } finally {
      System.setIn(original);
    }
    assertThat(out()).isEqualTo("one\n");
    assertThat(err()).startsWith("-: line 0: cat_: not found\n\n");
  }

  @Test
  void runMountsAndGivesAnEnvironmentAndASpaceToWriteTo() throws IOException {
    Tool.require(Tool.BUSYBOX);
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.writeString(data.resolve("greeting"), "hello");
    String[] options = {"--mount", data + ":/data:ro", "--scratch", "/tmp:1", "--env", "NAME=you"};
    assertPrints(
        "hello you\nkept\n",
        words(
            "run",
            options,
            "busybox",
            "sh",
            "-c",
            "read x < /data/greeting; echo $x $NAME; echo kept > /tmp/f; read y < /tmp/f; echo $y;"
                + " echo x 2>/dev/null > /data/greeting || exit 0; exit 1"));
  }

  @Test
  void runRunsADynamicProgramAndTracesIt() {
    Tool.require(Tool.PYTHON);
    assertPrints(
        "45\n", words("run", LIBRARIES, "/usr/bin/python3", "-c", "print(sum(range(10)))"));
    out.reset();
    assertPrints("x\n", words("run", LIBRARIES, "--trace", "/usr/bin/python3", "-c", "print('x')"));
    assertThat(err())
        .contains("openat(AT_FDCWD, \"/lib/x86_64-linux-gnu/libc.so.6\", O_RDONLY|O_CLOEXEC) = 3\n")
        .contains("write(1, \"x\\n\", 2) = 2\n")
        .endsWith("exit_group(0) = ?\n");
  }

  /** This test runs in the folder of the module, and its files are there. */
  @Test
  void withSystemTheProgramSeesTheFilesThatItsArgumentsNameBelowTheFolder() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    assertPrints(pom + pom, "run", "--system", "cat", "pom.xml", "./pom.xml");
    for (String argument : new String[] {"classes:pom.xml", "--file=pom.xml"}) {
      out.reset();
      assertPrints(
          pom.lines().findFirst().orElseThrow() + "\n",
          words("run", SYSTEM, "sh", "-c", "read -r x < pom.xml; echo \"$x\"", "sh", argument));
    }
  }

  @Test
  void withSystemTheProgramSeesNoOtherFiles() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "secret");
    String relative = Path.of("").toAbsolutePath().relativize(secret).toString();
    Path link = Path.of("target", "link-to-a-secret");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, secret);
    for (String name :
        new String[] {secret.toString(), relative, "../pom.xml", "src", link.toString()}) {
      assertThat(run("run", "--system", "cat", name)).as(name).isEqualTo(1);
      assertThat(err()).contains("No such file or directory");
      assertThat(out()).isEmpty();
    }
    assertThat(run(words("run", LIBRARIES, "/usr/bin/cat", "pom.xml"))).isEqualTo(1);
  }

  @Test
  void manyNamedFilesAreNotShownOneByOne() throws IOException {
    Path files = Files.createDirectories(Path.of("target", "many-files"));
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 65; i++) {
      names.add(Files.writeString(files.resolve("file" + i), "text").toString());
    }
    assertThat(run(words("run", SYSTEM, words("cat", names.toArray(String[]::new))))).isEqualTo(1);
    assertThat(err()).contains("name 65 files", "mount their directory");
    out.reset();
    assertPrints(
        "text".repeat(64),
        words("run", SYSTEM, words("cat", names.subList(0, 64).toArray(String[]::new))));
  }

  @Test
  void runShowsTheProgramItsProcessors() {
    Tool.require(Tool.BUSYBOX);
    assertPrints("1\n", "run", "busybox", "nproc");
    out.reset();
    assertPrints("3\n", "run", "--processors", "3", "busybox", "nproc");
    assertFails(
        ExitStatus.RUN_FAILED, "must be 1 to 8", "run", "--processors", "9", "busybox", "nproc");
  }

  @Test
  void runTellsWhatTheProgramNeeds() {
    Tool.require(Tool.BUSYBOX, Tool.PYTHON);
    assertFails(
        ExitStatus.NOT_EXECUTABLE, "hyperlight run --system", "run", "/usr/bin/python3", "-c", "1");
    assertThat(err()).contains("mount the directory that has it");
    assertThat(run("run", "busybox", "sh", "-c", "busybox ls | busybox wc")).isNotZero();
    assertThat(err()).contains("hyperlight: refused: ");
    assertFails(139, "hyperlight: ", "run", "busybox", "sh", "-c", "kill -SEGV $$");
  }

  @Test
  void runRefusesWhatItCannotUse() throws IOException {
    Tool.require(Tool.BUSYBOX);
    Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n");
    assertFails(ExitStatus.NOT_EXECUTABLE, "chmod +x", "run", script.toString());
    assertFails(ExitStatus.NOT_FOUND, "no such program", "run", "no-program-of-this-name");
    assertFails(ExitStatus.NOT_FOUND, "does not exist", "run", "/nowhere/program");
    assertFails(ExitStatus.NOT_EXECUTABLE, "is a directory", "run", "/tmp");
    assertFails(ExitStatus.RUN_FAILED, "--out: the program", "run", "--out", "/x", "busybox");
    assertFails(ExitStatus.RUN_FAILED, "HOST:GUEST", "run", "--mount", "/tmp", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "read-only", "run", "--mount", "/tmp:/tmp:rw", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "/nowhere", "run", "--mount", "/nowhere:/x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "relative", "run", "--mount", "/tmp:relative", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "--scratch /tmp:x", "run", "--scratch", "/tmp:x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "--scratch /tmp:0", "run", "--scratch", "/tmp:0", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "the name is missing", "run", "--env", "=x", "busybox", "true");
    assertFails(
        ExitStatus.RUN_FAILED, "Value for option '--env'", "run", "--env", "x", "busybox", "true");
    assertFails(ExitStatus.RUN_FAILED, "--memory 0", "run", "--memory", "0", "busybox", "true");
    assertFails(ExitStatus.RUN_FAILED, "memory", "run", "--memory", "4", "busybox", "true");
    for (String size : List.of("0", "4t", "-1", "1.5g", "g", "99999999999g", "1025k")) {
      assertFails(ExitStatus.RUN_FAILED, size, "run", "--memory", size, "busybox", "true");
    }
    assertFails(ExitStatus.RUN_FAILED, "--stack 1k", "run", "--stack", "1k", "busybox", "true");
  }
}
