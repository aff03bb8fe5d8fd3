package io.hyperlight.containment;

import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs whose interpreter is not a loader, or is a loader for other programs. */
@NotInHardwareLane("Runs the compiler.")
class HostileInterpreterTest {
  private static Path loadedBy(String interpreter) {
    return CProgram.compile(
        "int main(void) { return 0; }", List.of("-Wl,--dynamic-linker=" + interpreter));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/host/secret", // not mounted
        "/host/tree/../../outside/secret",
        "/host/out",
        "/host/loop",
        "/host/text",
        "/host/itself",
        "/host",
        "/dev/null",
        "/dev/zero",
        "/dev/urandom",
        "/dev/stdin",
        "/proc/self/fd/0",
        "/proc/self/maps",
        "/proc/self/exe",
        "host/loader",
        "../../../lib64/ld-linux-x86-64.so.2",
        "/lib64/ld-linux-x86-64.so.2",
      })
  void isRefused(String interpreter) throws IOException {
    Path folder = TemporaryFolder.create("hostile-interpreter");
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Path program = loadedBy(interpreter);
    Files.writeString(folder.resolve("secret"), "the secret");
    Files.createSymbolicLink(tree.resolve("out"), Path.of("/lib64/ld-linux-x86-64.so.2"));
    Files.createSymbolicLink(tree.resolve("loop"), Path.of("loop"));
    Files.writeString(tree.resolve("text"), "no loader");
    Files.copy(program, tree.resolve("itself"));
    Map<String, Integer> before = Descriptors.of(folder.getFileName().toString());

    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(() -> Program.of(program).mount("/host", FileTree.directory(tree)).run())
        .withMessageContaining(interpreter);
    assertThat(Descriptors.of(folder.getFileName().toString())).isEqualTo(before);
  }

  /** Returns a program whose interpreter's path has bytes that a linker would refuse. */
  private static Path loadedBy(String given, String wanted) throws IOException {
    String program = Files.readString(loadedBy(given), ISO_8859_1);
    Path changed = TemporaryFolder.create("hostile-interpreter").resolve("program");
    return Files.writeString(changed, program.replace(given, wanted), ISO_8859_1);
  }

  @Test
  void aPathIsShownWithoutWhatMovesACursor() throws IOException {
    Program program = Program.of(loadedBy("/lib/xxxxld", "/lib/\u001b[2Jld"));
    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(program::run)
        .withMessageContaining("it is loaded by /lib/\ufffd[2Jld, which cannot be read");
  }

  @Test
  void aPathIsTheBytesThatTheProgramHas() throws IOException {
    // A letter that has two bytes.
    Path file = loadedBy("/lib/xxld", "/lib/\u00c3\u00a4ld");
    Program program =
        Program.of(file).mount("/", FileTree.memory(1 << 20).with("lib/\u00e4ld", new byte[] {1}));
    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(program::run)
        .withMessageContaining("it is loaded by /lib/\u00e4ld, which is not an ELF file");
  }
}
