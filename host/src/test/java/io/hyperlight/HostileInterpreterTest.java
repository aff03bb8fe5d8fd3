package io.hyperlight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.testing.CProgram;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that want to be loaded by what is no loader, or is none of theirs. */
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

    assertThatExceptionOfType(InvalidGuestException.class)
        .isThrownBy(() -> Program.of(program).mount("/host", FileTree.directory(tree)).run())
        .withMessageContaining(interpreter);
    assertThat(Descriptors.of(folder.getFileName().toString())).isEqualTo(before);
  }
}
