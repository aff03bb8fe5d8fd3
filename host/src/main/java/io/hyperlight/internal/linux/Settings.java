package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.proc.ProgramIdentity;
import io.hyperlight.internal.linux.task.TurnOrder;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.spi.Extension;
import io.hyperlight.value.Limits;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Holds the embedder's decisions about a guest's system calls and its machine.
 *
 * @param clock the embedder's clock, which the guest sees; null for the host's clocks
 * @param randomSeed seeds random numbers, which are then the same in each sandbox; empty for true
 *     random numbers
 * @param mayMakeCode whether memory that was writable may become executable
 * @param observer sees every system call; null for none
 * @param machine the options of the guest's machine
 * @param input the guest's standard input; null for a served program, whose input is its requests
 * @param limits how much the guest may use, including open and mapped files
 * @param turns what ends the turns of its threads
 * @param mounts the guest's files; a later mount covers earlier ones
 * @param extensions what this guest has beyond what all guests have
 * @param program the program's identity
 */
public record Settings(
    @Nullable InstantSource clock,
    OptionalLong randomSeed,
    boolean mayMakeCode,
    @Nullable SystemCallObserver observer,
    MachineOptions machine,
    StandardStreams.@Nullable Input input,
    Limits limits,
    TurnOrder.Choice turns,
    List<Mount> mounts,
    List<Extension> extensions,
    ProgramIdentity program) {
  /**
   * The default: the host's clocks, true random numbers, no code but the program's own, no
   * observer, default limits.
   */
  public static final Settings DEFAULT =
      new Settings(
          null,
          OptionalLong.empty(),
          false,
          null,
          MachineOptions.DEFAULT,
          StandardStreams.Input.EMPTY,
          Limits.DEFAULT,
          TurnOrder.Choice.TIMED,
          List.of(),
          List.of(),
          ProgramIdentity.DEFAULT);

  public Settings {
    mounts = List.copyOf(mounts);
    extensions = List.copyOf(extensions);
  }

  /**
   * Returns whether the guest may compute time itself. It must not if the time is another one, if
   * it cannot read the processor's counter, or if each run is to make the same system calls.
   */
  boolean letsGuestComputeTime() {
    return clock == null
        && !machine.hidesTimeStampCounter()
        && turns.kind() == TurnOrder.Kind.TIMED;
  }

  /**
   * Returns these settings with other values for what the embedder may choose again for a spawned
   * or restored sandbox.
   */
  public Settings with(
      @Nullable InstantSource otherClock,
      OptionalLong otherSeed,
      boolean otherMayMakeCode,
      @Nullable SystemCallObserver otherObserver,
      MachineOptions otherMachine,
      Limits otherLimits,
      TurnOrder.Choice otherTurns) {
    return new Settings(
        otherClock,
        otherSeed,
        otherMayMakeCode,
        otherObserver,
        otherMachine,
        input,
        otherLimits,
        otherTurns,
        mounts,
        extensions,
        program);
  }

  /**
   * Returns these settings with the files, extensions and identity of another program's settings.
   */
  public Settings withProgramOf(Settings other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        other.input,
        limits,
        turns,
        other.mounts,
        other.extensions,
        other.program);
  }

  /** Returns these settings with another standard input; null for requests. */
  public Settings withInput(StandardStreams.@Nullable Input other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        other,
        limits,
        turns,
        mounts,
        extensions,
        program);
  }

  /** Returns these settings with other limits. */
  public Settings withLimits(Limits others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        others,
        turns,
        mounts,
        extensions,
        program);
  }

  /** Returns these settings with other files. */
  public Settings withMounts(List<Mount> others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        turns,
        others,
        extensions,
        program);
  }

  /** Returns these settings for another program. */
  public Settings withProgram(ProgramIdentity other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        turns,
        mounts,
        extensions,
        other);
  }

  /** Returns these settings with other extensions. */
  public Settings withExtensions(List<Extension> others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        turns,
        mounts,
        others,
        program);
  }

  /** Returns these settings with other ends of turns. */
  public Settings withTurns(TurnOrder.Choice others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        others,
        mounts,
        extensions,
        program);
  }
}
