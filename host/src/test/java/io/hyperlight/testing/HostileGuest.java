package io.hyperlight.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.Guest;
import io.hyperlight.GuestAbortException;
import io.hyperlight.GuestErrorException;
import io.hyperlight.GuestFaultException;
import io.hyperlight.HostFunctionException;
import io.hyperlight.HyperlightException;
import io.hyperlight.InvalidArgumentException;
import io.hyperlight.InvalidResultException;
import io.hyperlight.Sandbox;
import io.hyperlight.SandboxClosedException;
import io.hyperlight.SandboxUnusableException;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/**
 * A hostile guest in a sandbox of its own, and everything that has to be true after each of its
 * attacks: its exception is one of the library's, a sandbox whose guest was left in the middle is
 * unusable for that very reason, any other one still works, and so does one that was open all the
 * time.
 */
public final class HostileGuest implements AutoCloseable {
  /** What attacks are written with. */
  private static final String PRELUDE =
      """
      #include <hyperlight.h>

      #define GATE 0x10000ul
      #define INFORMATION 0x11000ul
      #define USER_STUB 0x10800ul
      #define MONITOR 0xffff800000000000ul
      #define USER_END 0x7ffffffff000ul
      #define NON_CANONICAL 0x800000000000ul
      #define PAGE 4096ul
      #define ENOSYS 38
      #define ASM(text) __asm__ volatile(text ::: "memory")
      #define FRAME (HL_INFORMATION->frame)

      enum {
          READ = 0, WRITE = 1, POLL = 7, MMAP = 9, MPROTECT = 10, MUNMAP = 11, BRK = 12, SIGACTION = 13,
          SIGPROCMASK = 14, READV = 19, WRITEV = 20, MREMAP = 25, MADVISE = 28, DUP = 32, NANOSLEEP = 35, KILL = 62,
          SIGALTSTACK = 131, CLOCK_GETTIME = 228, GETRANDOM = 318
      };

      HL_IMPORT(int64_t, twice, int64_t)
      HL_IMPORT(hl_string, echo, hl_string)
      HL_IMPORT(void, join, hl_string, hl_bytes)
      HL_IMPORT(void, take_flag, bool)
      HL_IMPORT(void, take_unsigned, uint64_t)
      HL_IMPORT(hl_bytes, zeroes, int)
      HL_IMPORT(void, fail)

      extern const struct hl_function __start_hyperlight_functions[] __attribute__((visibility("hidden")));
      #define NUMBER_OF(function) ((uint64_t)(&hl_function_##function - __start_hyperlight_functions))

      static inline void load(uint64_t address)
      {
          __asm__ volatile("mov (%0), %%al" : : "r"(address) : "rax", "memory");
      }

      static inline void store(uint64_t address)
      {
          __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
      }

      static inline void execute(uint64_t address)
      {
          __asm__ volatile("" : "+r"(address));
          ((void (*)(void))address)();
      }

      static inline int64_t system_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
      {
          __asm__ volatile("syscall" : "+a"(number), "+d"(c) : "D"(a), "S"(b) : "rcx", "r8", "r11", "memory");
          return (int64_t)number;
      }

      static inline int64_t system_call6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                         uint64_t f)
      {
          register uint64_t fourth __asm__("r10") = d;
          register uint64_t fifth __asm__("r8") = e;
          register uint64_t sixth __asm__("r9") = f;
          __asm__ volatile("syscall" : "+a"(number), "+d"(c), "+r"(fifth) : "D"(a), "S"(b), "r"(fourth), "r"(sixth)
              : "rcx", "r11", "memory");
          return (int64_t)number;
      }

      static inline int64_t system_call4(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
      {
          return system_call6(number, a, b, c, d, 0, 0);
      }

      /* A byte that is a complete function, for places where code must not run. */
      static uint8_t ret_in_data[16] __attribute__((unused)) = {0xc3};
      static const uint8_t ret_in_constants[16] __attribute__((unused)) = {0xc3};

      static inline uint64_t address_of(const volatile void *object)
      {
          uint64_t address = (uint64_t)object;
          __asm__ volatile("" : "+r"(address));
          return address;
      }

      /* Moves the program break as far up as it goes; returns where it began. */
      static inline uint64_t take_all_heap(uint64_t *end)
      {
          uint64_t start = (uint64_t)system_call(BRK, 0, 0, 0);
          uint64_t at = start;
          for (uint64_t step = 1ul << 30; step >= PAGE; step /= 2) {
              while ((uint64_t)system_call(BRK, at + step, 0, 0) == at + step) {
                  at += step;
              }
          }
          *end = at;
          return start;
      }

      static inline uint64_t take_heap_page(void)
      {
          uint64_t start = (uint64_t)system_call(BRK, 0, 0, 0);
          system_call(BRK, start + PAGE, 0, 0);
          return start;
      }

      /* Where the gate leaves at the end of a call: syscall or out, behind mov $HL_CALL_DONE, %eax. */
      static inline uint64_t gate_system_call(void)
      {
          const volatile uint8_t *at = (const volatile uint8_t *)GATE;
          while (at[0] != 0xb8 || *(const volatile uint32_t *)(at + 1) != HL_CALL_DONE) {
              at++;
          }
          return (uint64_t)at + 5;
      }

      /* What follows the call in the gate: moving the results and leaving. */
      static inline uint64_t gate_exit(void)
      {
          return gate_system_call() - 36;
      }

      HL_EXPORT(int, ping, int)
      int ping(int number)
      {
          return number + 1;
      }
      """;

  /** How an attack ended: with a result, or an exception. */
  public record Ending(@Nullable Object result, @Nullable HyperlightException exception) {
    public GuestFaultException fault() {
      assertThat(exception).isInstanceOf(GuestFaultException.class);
      return (GuestFaultException) Objects.requireNonNull(exception);
    }
  }

  private static final Guest BYSTANDER = CompiledGuest.of(PRELUDE);
  private static @Nullable Sandbox bystander;

  private final Sandbox sandbox;

  /** Starts a guest made of the prelude and some functions. */
  public HostileGuest(String functions) {
    sandbox = builder(functions).build();
  }

  HostileGuest(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  public static Sandbox.Builder builder(String functions) {
    return withHostFunctions(Sandbox.builder(CompiledGuest.of(PRELUDE + functions)));
  }

  private static Sandbox.Builder withHostFunctions(Sandbox.Builder builder) {
    return builder
        .hostFunction("twice", (Long number) -> 2 * number)
        .hostFunction("echo", (String text) -> text)
        .hostAction("join", (String text, byte[] bytes) -> {})
        .hostAction("take_flag", (Boolean flag) -> {})
        .hostAction("take_unsigned", (Long number) -> {})
        .hostFunction("zeroes", (Integer size) -> new byte[size])
        .hostAction(
            "fail",
            () -> {
              throw new IllegalStateException("as asked");
            });
  }

  public Sandbox sandbox() {
    return sandbox;
  }

  /** Runs an attack and checks what has to hold however it ends. */
  public Ending attack(String function, Object... arguments) {
    Ending ending = run(function, arguments);
    if (leavesUnusable(ending.exception)) {
      assertUnusable(ending.exception);
    } else {
      assertThat(sandbox.<Integer>call("ping", int.class, 41)).isEqualTo(42);
    }
    assertBystanderIsFine();
    return ending;
  }

  private Ending run(String function, Object... arguments) {
    try {
      return new Ending(sandbox.call(function, Object.class, arguments), null);
    } catch (HyperlightException e) {
      return new Ending(null, e);
    }
  }

  private static boolean leavesUnusable(@Nullable HyperlightException exception) {
    return switch (exception) {
      case GuestFaultException _, GuestAbortException _, HostFunctionException _ -> true;
      case GuestErrorException _, InvalidResultException _, InvalidArgumentException _ -> false;
      case null -> false;
      default -> Assertions.fail("no exception that a guest can cause", exception);
    };
  }

  private void assertUnusable(@Nullable HyperlightException cause) {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> sandbox.call("ping", int.class, 41))
          .isInstanceOf(SandboxUnusableException.class)
          .cause()
          .usingRecursiveComparison()
          .ignoringFields("stackTrace", "cause", "suppressedExceptions", "detailMessage")
          .isEqualTo(cause);
    }
  }

  private static synchronized void assertBystanderIsFine() {
    if (bystander == null) {
      bystander = withHostFunctions(Sandbox.builder(BYSTANDER)).build();
    }
    assertThat(bystander.<Integer>call("ping", int.class, 1)).isEqualTo(2);
  }

  /** Closes the sandbox, which works whatever happened in it, any number of times. */
  @Override
  public void close() {
    sandbox.close();
    sandbox.close();
    assertThatThrownBy(() -> sandbox.call("ping", int.class, 41))
        .isInstanceOf(SandboxClosedException.class);
  }
}
