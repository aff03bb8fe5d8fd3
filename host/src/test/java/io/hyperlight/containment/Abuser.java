package io.hyperlight.containment;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.ClosedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestErrorException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.SandboxInUseException;
import io.hyperlight.error.SandboxUnusableException;
import io.hyperlight.testing.CompiledGuest;
import io.hyperlight.testing.HostileGuest;
import io.hyperlight.value.Limits;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs sandboxes one after the other whose guests fault, loop, lie, flood and take everything, at
 * random. Some have tight limits, and other threads end or close some.
 */
final class Abuser {
  private static final String FUNCTIONS =
      """
      HL_EXPORT(hl_bytes, give, int64_t, int64_t)
      hl_bytes give(int64_t address, int64_t size) { return (hl_bytes){(void *)address, (size_t)size}; }

      HL_EXPORT(int64_t, ask, int64_t, int64_t, int64_t, int64_t, int64_t)
      int64_t ask(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d)
      {
          return system_call4((uint64_t)number, (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d);
      }

      /* Something else in the call frame, then a host call or a return. */
      HL_EXPORT(int64_t, lie, int64_t, int64_t, bool)
      int64_t lie(int64_t offset, int64_t value, bool ask_host)
      {
          *(volatile int64_t *)((uint64_t)FRAME + (uint64_t)offset) = value;
          return ask_host ? twice(value) : value;
      }

      HL_EXPORT(hl_string, answer, hl_string, int64_t)
      hl_string answer(hl_string text, int64_t number)
      {
          return hl_concat(echo(text), hl_from_integer(twice(number)));
      }
      """;

  /** A program that does as each line says. */
  private static final String PROGRAM =
      """
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <unistd.h>

      static int deeper(volatile char *before)
      {
          volatile char frame[4096];
          frame[0] = *before;
          return deeper(frame) + frame[0];
      }

      int main(void)
      {
          char line[100];
          while (fgets(line, sizeof line, stdin)) {
              switch (line[0]) {
              case 'f': *(volatile char *)16 = 1; break;
              case 'l': for (;;) __asm__ volatile("");
              case 'w': for (;;) if (write(1, line, sizeof line) < 0) abort();
              case 'm': for (;;) { char *block = malloc(65536); if (!block) break; memset(block, 1, 65536); } break;
              case 's': return deeper(line);
              case 'k': raise(SIGKILL); break;
              case 'a': abort();
              case 'd': for (;;) if (dup(1) < 0) break; break;
              case 'x': return 3;
              case 'i': __asm__ volatile("ud2"); break;
              case 'q': for (int i = 0; i < 1000000; i++) getppid(); break;
              }
              fputs(line, stdout);
              fflush(stdout);
          }
          return 0;
      }
      """;

  private static final List<Attack> ATTACKS = AttackTables.all();
  private static final List<Attack> ENDLESS = EndlessAttacks.all();

  /** Those that take longer than a hundred of the others, so they run less often. */
  private static final Set<String> LONG =
      Set.of(
          "signals by the thousand while all are blocked",
          "output without end",
          "a log without end",
          "heap and window until memory is used up",
          "all memory, again and again",
          "all memory for page tables",
          "the host's pages taken away, protected, moved, dropped and replaced");

  private static final int SELDOM = 20;

  /** The frame, and a little memory after it. */
  private static final int FRAME_WORDS = 40;

  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());

  private final Snapshot guests;
  private final ProgramSnapshot programs;
  private final Random random;
  private final Victim victim = new Victim();
  private int ended;

  Abuser(Snapshot guests, ProgramSnapshot programs, long seed) {
    this.guests = guests;
    this.programs = programs;
    random = new Random(seed);
  }

  /** Returns a guest that can attack in all ways, and answer. */
  static Sandbox guest() {
    return HostileGuest.builder(Attack.sources(ATTACKS) + Attack.sources(ENDLESS) + FUNCTIONS)
        .memorySize(4 << 20)
        .hostPrint(NOWHERE)
        // With this clock, sleeping takes no time.
        .clock(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC))
        .build();
  }

  /** Returns a program that can attack, and that echoes what is not a command. */
  static ProgramServer program() {
    return Program.of(CompiledGuest.program(PROGRAM))
        .memorySize(8 << 20)
        .stackSize(1 << 20)
        .startServing();
  }

  /** Returns the sandbox that others may disturb while it attacks. */
  Victim victim() {
    return victim;
  }

  /**
   * Makes sandboxes and lets them attack.
   *
   * @return how many calls ended in an exception
   */
  int abuse(int sandboxes) {
    ended = 0;
    for (int i = 0; i < sandboxes; i++) {
      if (random.nextInt(6) == 0) {
        abuseProgram();
      } else {
        abuseGuest();
      }
    }
    return ended;
  }

  private void abuseGuest() {
    try (Sandbox sandbox = guests.spawner().limits(limits()).spawn()) {
      boolean open = true;
      for (int call = random.nextInt(3); open && call >= 0; call--) {
        open = attempt(new Target(sandbox::interrupt, sandbox::close), () -> attack(sandbox));
        if (open && random.nextInt(4) != 0) {
          sandbox.restore(guests);
          assertThat(sandbox.<Integer>call("ping", int.class, call)).isEqualTo(call + 1);
        }
      }
    }
  }

  private void abuseProgram() {
    try (ProgramServer sandbox = programs.spawner().limits(limits()).spawn()) {
      byte[] command = {(byte) ('a' + random.nextInt(26)), '\n'};
      Duration deadline = Duration.ofMillis(1 + random.nextInt(3));
      boolean open =
          attempt(
              new Target(sandbox::interrupt, sandbox::close),
              () -> sandbox.within(deadline).serve(command));
      if (open) {
        sandbox.restore(programs);
        assertThat(sandbox.serve("echo\n".getBytes(US_ASCII))).asString().isEqualTo("echo\n");
      }
    }
  }

  private Limits limits() {
    return random.nextInt(3) != 0
        ? Limits.DEFAULT
        : Limits.DEFAULT
            .withSystemCalls(100 + random.nextInt(1000))
            .withHostCalls(10 + random.nextInt(100))
            .withHostCallBytes(1000 + random.nextInt(100_000))
            .withOutputBytes(1000 + random.nextInt(100_000))
            .withValueBytes(1000 + random.nextInt(100_000));
  }

  /**
   * Lets a sandbox attack while others disturb it.
   *
   * @return whether the sandbox is open afterwards
   */
  private boolean attempt(Target attacking, Runnable attack) {
    victim.set(attacking);
    try {
      attack.run();
    } catch (GuestFaultException
        | GuestErrorException
        | GuestAbortException
        | GuestExitException
        | GuestDeadlockException
        | GuestTimeoutException
        | GuestLimitException
        | CallInterruptedException
        | HostFunctionException
        | SandboxUnusableException e) {
      ended++;
    } catch (ClosedException | SandboxInUseException e) {
      assertThat(e)
          .matches(_ ->
              !(e instanceof ClosedException closed)
                  || closed.kind() == ClosedException.Kind.SANDBOX);
      victim.set(null); // waits for a thread that is closing it
      assertThat(victim.wasClosed()).isTrue();
      ended++;
    } finally {
      victim.set(null);
    }
    return !victim.wasClosed();
  }

  private void attack(Sandbox sandbox) {
    switch (random.nextInt(10)) {
      case 0 ->
          sandbox
              .within(Duration.ofNanos(100_000 + random.nextInt(3_000_000)))
              .call(ENDLESS.get(random.nextInt(ENDLESS.size())).function(), Object.class);
      case 1 -> sandbox.call("give", byte[].class, random.nextLong(), random.nextLong());
      case 2 ->
          sandbox.call(
              "ask",
              long.class,
              random.nextLong(450),
              random.nextLong(),
              0x1_0000 + random.nextLong(1 << 24),
              (long) random.nextInt(),
              random.nextLong());
      case 3 ->
          sandbox.call(
              "lie",
              long.class,
              8L * random.nextInt(FRAME_WORDS),
              random.nextBoolean() ? random.nextLong() : random.nextInt(8192),
              random.nextBoolean());
      default -> {
        Attack attack;
        do {
          attack = ATTACKS.get(random.nextInt(ATTACKS.size()));
        } while (LONG.contains(attack.name()) && random.nextInt(SELDOM) != 0);
        sandbox.call(attack.function(), Object.class);
      }
    }
  }

  /** How to end and how to close what attacks now. */
  private record Target(Runnable interrupt, Runnable close) {}

  /** The sandbox that attacks now. Other threads end its calls or close it. */
  static final class Victim {
    private @Nullable Target sandbox;
    private boolean closed;

    private synchronized void set(@Nullable Target attacking) {
      closed &= attacking == null;
      sandbox = attacking;
    }

    /** Ends its call, if it runs one. */
    synchronized void interrupt() {
      if (sandbox != null) {
        sandbox.interrupt().run();
      }
    }

    /** Closes it, which is refused while it runs a call. */
    synchronized void close() {
      if (sandbox != null) {
        try {
          sandbox.close().run();
          closed = true;
        } catch (SandboxInUseException e) {
          // Another time.
        }
      }
    }

    private synchronized boolean wasClosed() {
      return closed;
    }
  }
}
