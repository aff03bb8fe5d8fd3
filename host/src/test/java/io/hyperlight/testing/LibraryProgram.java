package io.hyperlight.testing;

import io.hyperlight.Guest;
import java.util.List;
import java.util.stream.Stream;

/**
 * C code around a static library, which runs as a guest as well as natively.
 *
 * @param code what both have in common
 * @param exports the functions of the guest
 * @param main the native program's
 * @param libraries options for the linker
 */
public record LibraryProgram(String code, String exports, String main, List<String> libraries) {
  /** The guest, with more functions behind its own. */
  public Guest guest(String more) {
    return CompiledGuest.withLibc(
        "#include <hyperlight.h>\n" + code + exports + more, libraries.toArray(String[]::new));
  }

  /** What the native program prints. */
  public String runNatively(List<String> arguments) {
    List<String> options = Stream.concat(Stream.of("-O2"), libraries.stream()).toList();
    return CProgram.run(code + main, options, arguments).outputOfSuccess();
  }
}
