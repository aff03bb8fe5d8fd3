package io.hyperlight.internal.hypervisor.fake;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.internal.abi.Declaration;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.ExportedFunction;
import io.hyperlight.internal.call.GuestOutput;
import io.hyperlight.internal.call.HostBinding;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.InstanceConfiguration;
import io.hyperlight.internal.call.InstanceImage;
import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.machine.Platform;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a guest with a few functions does from its first call to its end, on any hypervisor: calls
 * with and without a host call, a snapshot, a second instance of it, a fault, a restore.
 */
final class HelloScenario {
  /** The guest. */
  static final String PROGRAM =
      """
      #include <hyperlight.h>

      HL_IMPORT(hl_string, get_weekday)

      HL_EXPORT(int, add, int, int)
      int add(int a, int b) { return a + b; }

      HL_EXPORT(hl_string, say_hello, hl_string)
      hl_string say_hello(hl_string name)
      {
          hl_print(HL_STR("saying hello"));
          return hl_concat(HL_STR("Hello, "), name, HL_STR("! It is "), get_weekday());
      }

      HL_EXPORT(int, count)
      int count(void) { static int calls; return ++calls; }

      HL_EXPORT(int, crash)
      int crash(void) { return *(volatile int *)0x123456789000; }
      """;

  /** The results. */
  static final List<String> EXPECTED =
      List.of(
          "add: 42",
          "printed: saying hello",
          "say_hello: Hello, you! It is Monday",
          "count: 1",
          "count: 2",
          "count: 3",
          "crash: MEMORY_ACCESS 123456789000",
          "count: 3");

  private static final long MEMORY = 1 << 20;
  private static final long STACK = 64 << 10;

  private final GuestProgram program;
  private final List<String> transcript = new ArrayList<>();

  HelloScenario(byte[] file) {
    program = new GuestProgram(file);
  }

  /** Makes the guest for one call. */
  Instance create(Platform platform) {
    return Instance.create(
        platform,
        new InstanceConfiguration(
            program, MEMORY, STACK, Invocation.OF_GUEST, embedding(), HelloScenario::exception));
  }

  /** Runs the scenario and returns its results. */
  List<String> run(Platform platform) {
    try (Instance first = create(platform)) {
      call(first, "add", 40, 2);
      call(first, "say_hello", "you");
      call(first, "count");
      call(first, "count");
      InstanceImage image = first.snapshot();
      try (Instance second = Instance.spawn(image, embedding(), HelloScenario::exception)) {
        call(second, "count");
        call(second, "crash");
        second.restore(image);
        call(second, "count");
      } finally {
        image.close();
      }
    }
    return transcript;
  }

  void call(Instance instance, String name, Object... arguments) {
    transcript.add(name + ": " + result(instance, name, arguments));
  }

  /** Returns the result of a call, or what ended it. */
  Object result(Instance instance, String name, Object... arguments) {
    try {
      return Objects.requireNonNull(
          instance.call(
              new ExportedFunction(Objects.requireNonNull(program.exports().get(name))),
              arguments));
    } catch (EndedException e) {
      return e.outcome instanceof Outcome.Fault(var trap, var ignored, var none)
              && trap instanceof io.hyperlight.internal.machine.arch.Trap.ProcessorException fault
          ? "%s %x".formatted(fault.kind(), fault.address())
          : e.outcome;
    }
  }

  private Embedding embedding() {
    List<@Nullable HostBinding> bindings = new ArrayList<>();
    for (Declaration declaration : program.importsByNumber()) {
      bindings.add(declaration == null ? null : new HostBinding(declaration, weekday()));
    }
    return new Embedding(
        bindings,
        new GuestOutput() {
          @Override
          public void print(byte[] bytes, boolean error) {
            transcript.add("printed: " + new String(bytes, UTF_8));
          }

          @Override
          public void log(int level, String message) {
            throw new AssertionError(message);
          }
        },
        Settings.DEFAULT);
  }

  private static MethodHandle weekday() {
    return MethodHandles.dropArguments(
            MethodHandles.constant(Object.class, "Monday"), 0, Object[].class)
        .asType(MethodType.methodType(Object.class, Object[].class));
  }

  private static RuntimeException exception(Outcome outcome) {
    return new EndedException(outcome);
  }

  /** A call has ended without a result. */
  static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final transient Outcome outcome;

    private EndedException(Outcome outcome) {
      super(String.valueOf(outcome));
      this.outcome = outcome;
    }
  }
}
