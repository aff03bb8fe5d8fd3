package io.hyperlight.programs;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Guest;
import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.SourceFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a guest has open of {@code /proc/self} belongs to its own sandbox, also in a spawned one.
 */
class OwnProgramFileTest {
  private static final Guest GUEST =
      CompiledGuest.withLibc(SourceFile.of(OwnProgramFileTest.class, "own_program_file.c"), "-w");

  /** Replaces the program, or the first folder on its path, by a link. */
  private static final Path LOOP =
      CProgram.compile(
          """
          #include <fcntl.h>
          #include <stdio.h>
          #include <string.h>
          #include <sys/stat.h>
          #include <unistd.h>
          int main(int count, char **arguments)
          {
              char path[4096] = "", magic[4] = "";
              if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return 2;
              for (char *at = path + 1; (at = strchr(at, '/')); at++) {
                  if (count > 1) {
                      *at = 0;
                      break;
                  }
                  *at = 0;
                  mkdir(path, 0700);
                  *at = '/';
              }
              if (symlink("/proc/self/exe", path)) return 3;
              int program = open("/proc/self/exe", O_RDONLY);
              struct stat status;
              if (program < 0 || read(program, magic, 3) != 3 || stat(path, &status)) return 4;
              puts(magic + 1);
              return 0;
          }
          """,
          List.of("-static"));

  @ParameterizedTest
  @ValueSource(strings = {"the file", "a folder"})
  void linksThatLeadFromTheProgramsPathToItselfEnd(String replaced) {
    ProgramResult result =
        Program.of(LOOP)
            .args(replaced.equals("a folder") ? new String[] {"x"} : new String[0])
            .mount("/", FileTree.memory(1 << 20))
            .run();
    assertThat(result.outputText()).isEqualTo("EL\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void aSpawnedSandboxReadsItsOwnProgramAndHasItsOwnName() {
    // There is no file at the path of a guest with functions: only the link leads to its file.
    try (Sandbox built = Sandbox.builder(GUEST).build()) {
      assertThat(built.<Integer>call("open_all", int.class)).isOne();
      try (Snapshot snapshot = built.snapshot();
          Sandbox spawned = snapshot.spawn()) {
        assertSees(spawned, "spawned");
        assertThat(built.call("called", String.class)).isEqualTo("guest");
        spawned.call("spoil", void.class);
        spawned.restore(snapshot);
        assertThat(spawned.call("called", String.class)).isEqualTo("guest");
        assertSees(spawned, "restored");
        assertSees(built, "built");
        built.restore(snapshot);
        assertThat(built.call("called", String.class)).isEqualTo("guest");
        try (Sandbox another = snapshot.spawn()) {
          assertSees(another, "another");
        }
        assertThat(spawned.call("called", String.class)).isEqualTo("restored");
      }
    }
  }

  @Test
  void aLinkInPlaceOfTheProgramThatLeadsToItselfHidesTheProgram() {
    // If there is no file, a guest without a program reports the program /guest.
    FileTree tree = FileTree.memory(1 << 20).with("other", new byte[] {1, 2, 3});
    for (String target :
        new String[] {"/proc/self/exe", "/proc/thread-self/exe", "guest", "/proc/self/cwd/guest"}) {
      try (Sandbox sandbox = Sandbox.builder(GUEST).mount("/", tree).build()) {
        assertThat(sandbox.<Integer>call("link_to", int.class, target)).as(target).isZero();
        assertThat(sandbox.<Integer>call("open_all", int.class)).as(target).isOne();
        assertSees(sandbox, "linked");
      }
    }
    try (Sandbox sandbox = Sandbox.builder(GUEST).mount("/", tree).build()) {
      assertThat(sandbox.<Integer>call("link_to", int.class, "other")).isZero();
      assertThat(sandbox.<Integer>call("size_of_program", int.class)).isEqualTo(3);
    }
  }

  private static void assertSees(Sandbox sandbox, String name) {
    assertThat(sandbox.call("observe", String.class, name))
        .isEqualTo(name.length() + " " + name + " 3 ELF pos:\t1 1");
  }
}
