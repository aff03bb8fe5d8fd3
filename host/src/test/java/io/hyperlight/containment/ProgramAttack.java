package io.hyperlight.containment;

import io.hyperlight.error.HyperlightException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Something that a hostile whole program tries with system calls, and how it may end.
 *
 * @param name what is tried, for people to read
 * @param code the body of a C function without parameters, which uses {@link HostileProgram}'s
 *     prelude
 * @param ending how the request ends; null if the program survives the attack and answers "ok"
 */
record ProgramAttack(
    String name, String code, @Nullable Class<? extends HyperlightException> ending) {
  /** An attack without effect: the program sees that and says so. */
  static ProgramAttack comesToNothing(String name, String code) {
    return new ProgramAttack(name, code, null);
  }

  /** An attack that ends the program. */
  static ProgramAttack ends(String name, Class<? extends HyperlightException> ending, String code) {
    return new ProgramAttack(name, code, ending);
  }

  private String function() {
    return "attack_" + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
  }

  private String source() {
    return """
    static void %s(void)
    {
        %s
    }
    """
        .formatted(function(), code.indent(4).strip());
  }

  /** The functions, and a table of them by their names. */
  static String sources(List<ProgramAttack> attacks) {
    String functions =
        attacks.stream().map(ProgramAttack::source).collect(Collectors.joining("\n"));
    String rows =
        attacks.stream()
            .map(attack -> "    {\"%s\", %s},\n".formatted(attack.name, attack.function()))
            .collect(Collectors.joining());
    return functions
        + "\nstatic const struct { const char *name; void (*run)(void); } attacks[] = {\n"
        + rows
        + "};\n";
  }

  @Override
  public String toString() {
    return name;
  }
}
