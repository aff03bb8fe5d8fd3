package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Guest;
import io.hyperlight.testing.CompiledGuest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Repeats the tests of types and of the calling convention in guests with a libc. There, other code
 * is between the host and the functions of the program.
 */
@Tag("slow")
class LibcTypesTest {
  @Nested
  class Conventions extends CallingConventionTest {
    @Override
    Guest guest(String program) {
      return CompiledGuest.withLibc(program);
    }

    @Override
    @Test
    void theStackIsAlignedAsTheAbiHasItWhateverLiesOnIt() {
      // Not as low for both, since what is on the stack is there twice.
      assertThat(sandbox.<Long>call("stack_pointer", long.class) % 16).isEqualTo(8);
      assertThat(sandbox.<Long>call("stack_pointer_behind", long.class, "", "", "", "") % 16)
          .isEqualTo(8);
    }
  }

  @Nested
  class Values extends ValuesTest {
    @Override
    Guest guest(String program) {
      return CompiledGuest.withLibc(program);
    }
  }

  @Nested
  class Calls extends CallPropertyTest {
    @Override
    Guest guest(String program) {
      return CompiledGuest.withLibc(program);
    }
  }

  @Nested
  class HostCalls extends HostCallPropertyTest {
    @Override
    Guest guest(String program) {
      return CompiledGuest.withLibc(program);
    }
  }
}
