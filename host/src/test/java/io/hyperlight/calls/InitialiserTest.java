package io.hyperlight.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HardwareLaneQuick;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Code of a guest that runs before its first call: C's constructor functions. */
@HardwareLaneQuick
class InitialiserTest {
  private static Sandbox.Builder guest(String constructor) {
    return Sandbox.builder(
        CompiledGuest.of(
            """
            #include <hyperlight.h>

            static int state = 1;

            HL_EXPORT(int, get)
            int get(void) { return state; }

            """
                + constructor));
  }

  private static void assertFails(
      String constructor, Class<? extends HyperlightException> type, String message) {
    Sandbox.Builder builder = guest(constructor);
    assertThatThrownBy(builder::build).isInstanceOf(type).hasMessageContaining(message);
  }

  @Test
  void aGuestWithoutInitialisersJustStarts() {
    try (Sandbox sandbox = guest("").build()) {
      assertThat(sandbox.call("get", int.class)).isEqualTo(1);
    }
  }

  @Test
  void constructorsRunOnceInTheirOrderBeforeTheFirstCall() {
    String program =
        """
        __attribute__((constructor(300))) static void third(void) { state = state * 10 + 3; }
        __attribute__((constructor(200))) static void second(void) { state = state * 10 + 2; }
        __attribute__((constructor)) static void last(void) { state = state * 10 + 4; }
        """;
    try (Sandbox sandbox = guest(program).build()) {
      assertThat(sandbox.call("get", int.class)).isEqualTo(1234);
      assertThat(sandbox.call("get", int.class)).isEqualTo(1234);
    }
  }

  @Test
  void eachSandboxIsInitialisedForItself() {
    Sandbox.Builder builder =
        guest("__attribute__((constructor)) static void start(void) { state++; }");
    try (Sandbox one = builder.build();
        Sandbox two = builder.build()) {
      assertThat(one.call("get", int.class)).isEqualTo(2);
      assertThat(two.call("get", int.class)).isEqualTo(2);
    }
  }

  @Test
  void constructorsMayAllocatePrintAndLog() {
    String program =
        """
        static char *kept;

        __attribute__((constructor)) static void start(void)
        {
            kept = malloc(6);
            memcpy(kept, "kept!", 6);
            hl_print(hl_concat(HL_STR("hello"), HL_STR(" there")));
            hl_log(HL_TRACE, HL_STR("started"));
        }

        HL_EXPORT(hl_string, get_kept)
        hl_string get_kept(void) { return hl_from_cstring(kept); }
        """;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (Sandbox sandbox =
        guest(program).hostPrint(new PrintStream(printed, false, StandardCharsets.UTF_8)).build()) {
      assertThat(printed).hasToString("hello there");
      assertThat(sandbox.call("get_kept", String.class)).isEqualTo("kept!");
    }
  }

  @Test
  void aHostCallFromAConstructorIsRefused() {
    AtomicInteger calls = new AtomicInteger();
    Sandbox.Builder builder =
        guest(
                """
                HL_IMPORT(int, ask)
                __attribute__((constructor)) static void start(void) { try_ask(&state); }
                """)
            .hostFunction("ask", calls::incrementAndGet);
    GuestFaultException e = catchThrowableOfType(GuestFaultException.class, builder::build);
    assertThat(e).hasMessageContaining("a host call while it was being initialised");
    assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.PROTOCOL_VIOLATION);
    assertThat(calls).hasValue(0);
  }

  @Test
  void aConstructorThatFailsFailsTheBuild() {
    assertFails(
        "__attribute__((constructor)) static void start(void) { hl_abort(HL_STR(\"not today\")); }",
        GuestAbortException.class,
        "not today");
    assertFails(
        "__attribute__((constructor)) static void start(void) { hl_error(HL_STR(\"not now\")); }",
        GuestErrorException.class,
        "not now");
    assertFails(
        "__attribute__((constructor)) static void start(void) { *(volatile int *)8 = 1; }",
        GuestFaultException.class,
        "page fault (write of 0x8)");
  }

  @Test
  void aConstructorThatOverflowsTheStackIsCalledThat() {
    Sandbox.Builder builder =
        guest(
            """
            static __attribute__((noinline)) int deeper(volatile int *at)
            {
                volatile int here[64] = {*at};
                return deeper(here) + here[1];
            }
            __attribute__((constructor)) static void start(void) { state = deeper(&state); }
            """);
    GuestFaultException e = catchThrowableOfType(GuestFaultException.class, builder::build);
    assertThat(e.kind()).isEqualTo(GuestFaultException.Kind.STACK_OVERFLOW);
  }

  @Test
  void aFailedBuildLeavesNothingBehind() throws IOException {
    Sandbox.Builder builder =
        guest("__attribute__((constructor)) static void start(void) { abort(); }");
    assertThatThrownBy(builder::build).isInstanceOf(GuestAbortException.class);
    long before = machineDescriptors();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(builder::build).isInstanceOf(GuestAbortException.class);
    }
    assertThat(machineDescriptors()).isEqualTo(before);
  }

  /** How many VMs and vCPUs this process has open. */
  private static long machineDescriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(InitialiserTest::isMachine).count();
    }
  }

  private static boolean isMachine(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("kvm-v");
    } catch (IOException e) {
      return false; // the descriptor of the listing itself is closed by now
    }
  }

  @Test
  void anOpenSandboxIsSeenInTheDescriptors() throws IOException {
    long before = machineDescriptors();
    try (Sandbox sandbox = guest("").build()) {
      assertThat(sandbox.call("get", int.class)).isEqualTo(1);
      assertThat(machineDescriptors()).isEqualTo(before + 2);
    }
    assertThat(machineDescriptors()).isEqualTo(before);
  }
}
