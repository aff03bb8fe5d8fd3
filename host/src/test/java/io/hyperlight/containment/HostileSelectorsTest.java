package io.hyperlight.containment;

import static io.hyperlight.error.GuestFaultException.Kind.ILLEGAL_INSTRUCTION;
import static io.hyperlight.error.GuestFaultException.Kind.MEMORY_ACCESS;
import static io.hyperlight.error.GuestFaultException.Kind.OTHER;
import static io.hyperlight.error.GuestFaultException.Kind.PROTECTION;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.error.GuestFaultException.Kind;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.testing.HostileGuest.Ending;
import io.hyperlight.testing.SourceFile;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tries every selector of the descriptor table, and one after it, with every privilege level, in
 * every instruction that takes one.
 *
 * <p>Which selectors are valid differs between machines. Where user code runs directly on the
 * processor, they are those of the host. A valid one must lead to nothing but 64-bit user code.
 */
final class HostileSelectorsTest {
  private static final String FUNCTIONS =
      SourceFile.of(HostileSelectorsTest.class, "hostile_selectors.c");

  private static final Set<Kind> REFUSED = EnumSet.of(PROTECTION, ILLEGAL_INSTRUCTION, OTHER);

  private static final Set<Kind> REFUSED_OR_NOT_THERE =
      EnumSet.of(PROTECTION, ILLEGAL_INSTRUCTION, OTHER, MEMORY_ACCESS);

  static final int[] SELECTORS = IntStream.rangeClosed(0, 0x40).filter(s -> (s & 4) == 0).toArray();

  @ParameterizedTest
  @ValueSource(strings = {"far_jump", "far_call", "far_return", "interrupt_return"})
  void leadToUserCodeOrNowhere(String function) {
    for (int selector : SELECTORS) {
      // A valid selector leads to an instruction that is invalid in 64-bit mode; 32-bit code
      // would go on to a breakpoint. A page fault comes from an emulator that uses the stack
      // with a supervisor's rights.
      assertThat(leave(function, selector)).isIn(REFUSED_OR_NOT_THERE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"far_jump_to_system_call", "far_jump_to_end"})
  void leadToTheStubOrNowhere(String function) {
    for (int selector : SELECTORS) {
      try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
        Ending ending = guest.attack(function, (long) selector);
        if (ending.exception() != null) {
          // A page fault where the stub is no user code.
          assertThat(ending.fault().kind())
              .describedAs("%x: %s", selector, ending.fault())
              .isIn(REFUSED_OR_NOT_THERE);
        }
      }
    }
  }

  @ParameterizedTest
  @FieldSource("SELECTORS")
  void loadAsDataOrFault(int selector) {
    for (String register : new String[] {"ds", "es", "fs", "gs", "ss"}) {
      try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
        Ending ending = guest.attack("load_" + register, (long) selector);
        if (ending.exception() != null) {
          assertThat(ending.fault().kind())
              .describedAs("%s: %s", register, ending.fault())
              .isIn(REFUSED);
        }
      }
    }
  }

  private static Kind leave(String function, int selector) {
    try (HostileGuest guest = new HostileGuest(FUNCTIONS)) {
      return guest.attack(function, (long) selector).fault().kind();
    }
  }
}
