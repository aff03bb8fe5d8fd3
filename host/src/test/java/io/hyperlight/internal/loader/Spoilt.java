package io.hyperlight.internal.loader;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hyperlight.testing.CompiledGuest;
import org.assertj.core.api.ThrowableAssertAlternative;

/** A guest that is sound until a test spoils it. */
public final class Spoilt {
  /**
   * The source of the guest. It exports each kind of function of interest, and has an import,
   * relocations and data.
   */
  static final String SOURCE =
      """
      #include <hyperlight.h>

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }

      HL_IMPORT(int, ask, hl_string)
      HL_EXPORT(int, question)
      int question(void) { return ask(HL_STR("what?")); }

      static int table[] = {1, 2, 3};
      static int *volatile pointer = table;
      HL_EXPORT(int, element, int)
      int element(int i) { return pointer[i]; }

      static int zeros[2000];
      HL_EXPORT(int, count)
      int count(void) { return ++zeros[1999]; }
      """;

  private Spoilt() {}

  public static ElfImage guest() {
    return ElfImage.of(CompiledGuest.fileOf(SOURCE));
  }

  static ThrowableAssertAlternative<GuestFormatException> assertRefused(ElfImage image) {
    return assertRefused(image.toByteArray());
  }

  static ThrowableAssertAlternative<GuestFormatException> assertRefused(byte[] file) {
    return assertThatExceptionOfType(GuestFormatException.class)
        .isThrownBy(() -> new GuestProgram(file));
  }
}
