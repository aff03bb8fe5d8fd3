package io.hyperlight.testing;

import io.hyperlight.Guest;
import io.hyperlight.sdk.GuestCompilationException;
import java.util.List;
import java.util.stream.Stream;

/**
 * C code around a static library that runs as a guest as well as natively.
 *
 * @param code the code that both have in common
 * @param exports the functions of the guest
 * @param main the main function of the native program
 * @param libraries options for the linker
 */
public record LibraryProgram(String code, String exports, String main, List<String> libraries) {
  private static final String MISSING =
      "a library of these tests is missing: apt-get install zlib1g-dev libsqlite3-dev"
          + " liblua5.4-dev";

  /** Libraries may contain code that static programs cannot run, about which the linker warns. */
  private static final String NO_WARNINGS = "-Wl,--no-warnings";

  /** Returns the guest, with more functions after its own. */
  public Guest guest(String more) {
    String[] options = options(List.of()).toArray(String[]::new);
    try {
      return CompiledGuest.withLibc("#include <hyperlight.h>\n" + code + exports + more, options);
    } catch (GuestCompilationException e) {
      String said = String.valueOf(e.getMessage());
      if (said.contains("cannot find -l") || said.contains("No such file or directory")) {
        throw new IllegalStateException(MISSING, e);
      }
      throw e;
    }
  }

  /** Returns what the native program prints. */
  public String runNatively(List<String> arguments) {
    // The same archive as in the guest.
    List<String> options = options(List.of("-O2", "-static"));
    return CProgram.run(code + main, options, arguments).outputOfSuccess();
  }

  private List<String> options(List<String> first) {
    return Stream.of(first, libraries, List.of(NO_WARNINGS)).flatMap(List::stream).toList();
  }
}
