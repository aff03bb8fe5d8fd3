package io.hyperlight.internal.linux;

import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.proc.ProgramIdentity;
import io.hyperlight.internal.machine.arch.MachineOptions;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.spi.Extension;
import io.hyperlight.value.Limits;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the embedder decides about a guest's system calls, and about its machine.
 *
 * @param clock where its time comes from, which is the embedder's code; null for the host's clocks
 * @param randomSeed for random numbers that are the same in each sandbox; empty for true ones
 * @param mayMakeCode whether memory that could be written may become executable
 * @param observer sees every system call; null for nobody
 * @param machine what its machine is like
 * @param input its standard input; null for a program that serves, whose input is its requests
 * @param limits how much it may use, files that are open or mapped among it
 * @param mounts its files; the later ones lie on top of the earlier ones
 * @param extensions what it finds beside what all guests have
 * @param program what it is called
 */
public record Settings(
    @Nullable InstantSource clock,
    OptionalLong randomSeed,
    boolean mayMakeCode,
    @Nullable SystemCallObserver observer,
    MachineOptions machine,
    StandardStreams.@Nullable Input input,
    Limits limits,
    List<Mount> mounts,
    List<Extension> extensions,
    ProgramIdentity program) {
  /**
   * The host's clocks, true random numbers, no code but the program's own, nobody looking, the
   * usual limits.
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
          List.of(),
          List.of(),
          ProgramIdentity.DEFAULT);

  public Settings {
    mounts = List.copyOf(mounts);
    extensions = List.copyOf(extensions);
  }

  /** The same with other things that the embedder may say again of a sandbox's successors. */
  public Settings with(
      @Nullable InstantSource otherClock,
      OptionalLong otherSeed,
      boolean otherMayMakeCode,
      @Nullable SystemCallObserver otherObserver,
      MachineOptions otherMachine,
      Limits otherLimits) {
    return new Settings(
        otherClock,
        otherSeed,
        otherMayMakeCode,
        otherObserver,
        otherMachine,
        input,
        otherLimits,
        mounts,
        extensions,
        program);
  }

  /** The same with what belongs to a program's state: its files and its name. */
  public Settings withProgramOf(Settings other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        other.input,
        limits,
        other.mounts,
        other.extensions,
        other.program);
  }

  /** The same with another standard input; null for requests. */
  public Settings withInput(StandardStreams.@Nullable Input other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        other,
        limits,
        mounts,
        extensions,
        program);
  }

  /** The same with other limits. */
  public Settings withLimits(Limits others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        others,
        mounts,
        extensions,
        program);
  }

  /** The same with other files. */
  public Settings withMounts(List<Mount> others) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        others,
        extensions,
        program);
  }

  /** The same for another program. */
  public Settings withProgram(ProgramIdentity other) {
    return new Settings(
        clock,
        randomSeed,
        mayMakeCode,
        observer,
        machine,
        input,
        limits,
        mounts,
        extensions,
        other);
  }

  /** The same with other extensions. */
  public Settings withExtensions(List<Extension> others) {
    return new Settings(
        clock, randomSeed, mayMakeCode, observer, machine, input, limits, mounts, others, program);
  }
}
