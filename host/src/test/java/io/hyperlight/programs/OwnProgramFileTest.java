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
      CompiledGuest.withLibc(
          """
          #define _GNU_SOURCE
          #include <elf.h>
          #include <fcntl.h>
          #include <hyperlight.h>
          #include <stdio.h>
          #include <string.h>
          #include <sys/mman.h>
          #include <sys/prctl.h>
          #include <unistd.h>

          static int program = -1, name, information;
          static char *mapped;

          HL_EXPORT(int, open_all)
          int open_all(void)
          {
              program = open("/proc/self/exe", O_RDONLY);
              name = open("/proc/self/comm", O_RDWR);
              mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, program, 0);
              lseek(program, 1, SEEK_SET);
              char path[40];
              snprintf(path, sizeof path, "/proc/self/fdinfo/%d", program);
              information = open(path, O_RDONLY);
              return program >= 0 && name >= 0 && information >= 0 && mapped != MAP_FAILED;
          }

          /* Reads on in the program's file, and calls the guest so. */
          HL_EXPORT(hl_string, observe, hl_string)
          hl_string observe(hl_string called)
          {
              static char text[200];
              char magic[4] = "", own[17] = "", line[7] = "";
              ssize_t written = write(name, called.data, called.size);
              ssize_t size = read(program, magic, 3);
              pread(information, line, 6, 0);
              prctl(PR_GET_NAME, own);
              int same = memcmp(mapped, ELFMAG, SELFMAG) == 0;
              return (hl_string){text, snprintf(text, sizeof text, "%zd %s %zd %s %.6s %d", written, own, size, magic, line, same)};
          }

          HL_EXPORT(int, link_to, hl_string)
          int link_to(hl_string target)
          {
              return symlink(target.data, "/guest");
          }

          HL_EXPORT(int, size_of_program)
          int size_of_program(void)
          {
              char bytes[100];
              return read(open("/proc/self/exe", O_RDONLY), bytes, sizeof bytes);
          }

          HL_EXPORT(void, spoil)
          void spoil(void)
          {
              close(program);
              close(name);
              close(information);
              munmap(mapped, 4096);
              prctl(PR_SET_NAME, "spoilt");
          }

          HL_EXPORT(hl_string, called)
          hl_string called(void)
          {
              static char own[17];
              prctl(PR_GET_NAME, own);
              return hl_from_cstring(own);
          }
          """,
          "-w");

  /** Puts a link in place of the program, or of the first folder on the way to it. */
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
    // Nothing lies at the path of a guest with functions: only the link leads to its file.
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
    // Where nothing lies, a guest without a program says that its program is: /guest.
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
