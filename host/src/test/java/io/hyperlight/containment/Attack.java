package io.hyperlight.containment;

import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.testing.HostileGuest;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Something that a hostile guest tries, and how it may end.
 *
 * <p>If a processor or a KVM decides between several correct endings, all of them are listed. A
 * guest that survives an attack returns 0 if it saw what it should, so the check is never only that
 * it returned.
 *
 * @param name what is tried, for people to read
 * @param code the body of a C function without parameters, which uses {@link HostileGuest}'s
 *     prelude; {@code return 0;} is added
 * @param faults the kinds of fault in which it may end
 * @param mayReturn whether the guest may also survive it
 */
record Attack(String name, String code, Set<Kind> faults, boolean mayReturn) {
  /** An attack that ends in a fault, of one of these kinds. */
  static Attack faults(String name, Kind kind, String code) {
    return new Attack(name, code, EnumSet.of(kind), false);
  }

  /** An attack that ends in a fault whose kind depends on the processor or KVM. */
  static Attack faults(String name, Set<Kind> kinds, String code) {
    return new Attack(name, code, kinds, false);
  }

  /** An attack without effect: the guest goes on and returns 0. */
  static Attack returns(String name, String code) {
    return new Attack(name, code, EnumSet.noneOf(Kind.class), true);
  }

  /** An attack without effect, or one that ends in a fault. */
  static Attack returnsOrFaults(String name, Set<Kind> kinds, String code) {
    return new Attack(name, code, kinds, true);
  }

  /** The C function's name. */
  String function() {
    return "attack_" + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
  }

  /** The C function. */
  String source() {
    return """
    HL_EXPORT(int64_t, %1$s)
    int64_t %1$s(void)
    {
        %2$s
        return 0;
    }
    """
        .formatted(function(), code);
  }

  static String sources(List<Attack> attacks) {
    return attacks.stream().map(Attack::source).collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return name;
  }
}
