package io.hyperlight;

import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import io.hyperlight.error.GuestStreamException;
import io.hyperlight.error.GuestTimeoutException;
import io.hyperlight.error.HostFunctionException;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.error.HypervisorException;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.internal.call.Embedding;
import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.InstanceConfiguration;
import io.hyperlight.internal.call.Outcome;
import io.hyperlight.internal.call.Outcome.Ending;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.linux.FaultSignals;
import io.hyperlight.internal.linux.Settings;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.proc.ProgramIdentity;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.value.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An ordinary Linux program, and how to run it: unchanged, in a micro-VM that has no kernel, with
 * its system calls answered by this library and nothing of the host's but what is named here.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="run"}
 *
 * <p><b>What runs.</b> Programs for Linux on x86-64 with one thread and one process, static ones
 * and dynamic ones, which find their loader and libraries in the mounted trees. Threads, other
 * processes, and networks are refused, and {@link ProgramResult#failure} says so.
 *
 * <p><b>Serving.</b> A program that takes long to start need not start for each request: {@link
 * #startServing} runs it up to where it first reads its standard input, and a snapshot taken there
 * gives each request a program that has just started.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="serve"}
 *
 * <p>For one thread; may run any number of times.
 */
public final class Program extends LoadSettings<Program> {
  /** The default of {@link #memorySize}: 128 MiB. */
  public static final long DEFAULT_MEMORY_SIZE = 128L << 20;

  /** The default of {@link #stackSize}: 8 MiB. */
  public static final long DEFAULT_STACK_SIZE = 8L << 20;

  /** The default of {@link Limits#callTimeout} for {@link #run}: 10 minutes. */
  public static final Duration DEFAULT_RUN_TIMEOUT = Duration.ofMinutes(10);

  private static final Limits RUN_LIMITS = Limits.DEFAULT.withCallTimeout(DEFAULT_RUN_TIMEOUT);

  private static final int LARGEST_READ = 1 << 16;

  private static final int FIRST_SIGNAL_STATUS = 128;

  private final Path file;
  private final String path;
  private final GuestProgram program;
  private final List<String> arguments = new ArrayList<>();
  private final List<String> environment = new ArrayList<>();
  private InputStream input = InputStream.nullInputStream();

  private Program(Path file, byte[] contents) {
    super(DEFAULT_MEMORY_SIZE, DEFAULT_STACK_SIZE);
    this.file = file;
    this.path = new String(HostPath.bytes(file), StandardCharsets.ISO_8859_1);
    try {
      program = GuestProgram.whole(contents);
    } catch (GuestFormatException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(file) + " is no program: " + e.getMessage(),
          e);
    }
  }

  /**
   * Reads a program from a file. The program itself believes to be at the same absolute path.
   *
   * @param executable the file: an ELF executable for Linux on x86-64
   * @return a description of how to run it, with the defaults: no arguments, no environment, no
   *     input, no files
   * @throws InvalidGuestException if it is something else
   * @throws UncheckedIOException if the file cannot be read
   */
  public static Program of(Path executable) {
    try {
      return new Program(executable.toAbsolutePath().normalize(), RegularFile.readAll(executable));
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(executable)
              + " is no program: it "
              + e.getReason()
              + "; name the program's own file",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read program " + HostPath.text(executable) + ": " + HostPath.reason(e), e);
    }
  }

  /**
   * The program's arguments, without its own name, in place of those of before. They go to the
   * program as UTF-8. A byte that is no UTF-8 is half a surrogate pair, U+DC00 plus the byte, as in
   * the paths of {@link GuestFiles}.
   *
   * @param arguments any text without zero characters
   * @return this description
   * @throws IllegalArgumentException if there is a zero character in one, or another half of a
   *     surrogate pair
   */
  public Program args(String... arguments) {
    List<String> checked = new ArrayList<>();
    for (String argument : arguments) {
      checked.add(GuestPaths.encode("argument", argument));
    }
    this.arguments.clear();
    this.arguments.addAll(checked);
    return this;
  }

  /**
   * Adds a variable to the program's environment, which is empty by default.
   *
   * @param name of the variable
   * @param value of it
   * @return this description
   * @throws IllegalArgumentException if the name is empty or has a "=" in it, or one of the two has
   *     a character that {@linkplain #args arguments} cannot have
   */
  public Program environment(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw new IllegalArgumentException("no name of a variable: \"" + name + "\"");
    }
    String prefix = GuestPaths.encode("variable", name) + "=";
    environment.removeIf(variable -> variable.startsWith(prefix));
    environment.add(prefix + GuestPaths.encode("variable", value));
    return this;
  }

  /**
   * What the program reads from its standard input; nothing by default.
   *
   * @param bytes are copied
   * @return this description
   */
  public Program stdin(byte[] bytes) {
    return stdin(new ByteArrayInputStream(bytes.clone()));
  }

  /**
   * What the program reads from its standard input, as it asks for it. A program that waits for
   * input waits as long as the stream does. The stream is read to where the program reads, and is
   * not closed. {@link HostStreams#input} is this process's own.
   *
   * @param stream is read by the thread that runs the program
   * @return this description
   */
  public Program stdin(InputStream stream) {
    input = Objects.requireNonNull(stream, "stream");
    return this;
  }

  /**
   * How much the program may write to its standard output and error, in a run or in answer to a
   * request: {@link Limits#outputBytes}, with the other limits as they are. A program that writes
   * more ends with {@link GuestLimitException}.
   *
   * @param bytes not negative
   * @return this description
   * @throws IllegalArgumentException if it is
   */
  public Program outputLimit(long bytes) {
    Limits.DEFAULT.withOutputBytes(bytes);
    return changeLimits(before -> before.withOutputBytes(bytes));
  }

  @Override
  Program self() {
    return this;
  }

  /**
   * Runs the program to its end, on this thread.
   *
   * <p>However the program itself ends, that is a result. What it wrote to its standard output and
   * error is in it, unless {@link #hostPrint} or {@link #hostError} take it.
   *
   * @return the result
   * @throws InvalidGuestException if it cannot be loaded, for example because its loader is in no
   *     mounted tree, or does not fit into the memory
   * @throws GuestDeadlockException if it waits for what cannot happen
   * @throws GuestTimeoutException if it takes longer than it may, which is {@link
   *     #DEFAULT_RUN_TIMEOUT} by default
   * @throws GuestLimitException if it uses more than its {@link Limits} allow
   * @throws CallInterruptedException if this thread is interrupted
   * @throws HostFunctionException if an embedder's stream or listener throws
   * @throws HypervisorException if this machine, process or JVM cannot do it, or KVM fails
   */
  public ProgramResult run() {
    ProgramOutput output =
        new ProgramOutput(hasStream(false), hasStream(true), output(StreamOutput.initial()));
    Outcomes outcomes = new Outcomes(program);
    Embedding embedding = new Embedding(List.of(), output, settingsWith(this::read, RUN_LIMITS));
    try (Instance instance = create(embedding, outcomes)) {
      long start = System.nanoTime();
      Ending ending = instance.runProgram(0);
      Duration wallTime = Duration.ofNanos(System.nanoTime() - start);
      int status = status(ending);
      if (status < 0) {
        throw outcomes.exceptionFor(ending);
      }
      return new ProgramResult(
          status,
          output.output(),
          output.error(),
          instance.usage(wallTime),
          instance.refusals(),
          new GuestFiles(instance.writtenFiles()),
          status == 0 ? null : (HyperlightException) outcomes.exceptionFor(ending));
    }
  }

  /** The exit status that a shell would tell; -1 if the program itself did not end. */
  private static int status(Ending ending) {
    return switch (ending) {
      case Outcome.Exited(int status, String _) -> status;
      case Outcome.Aborted(String _, int signal) -> FIRST_SIGNAL_STATUS + signal;
      case Outcome.Fault(Trap _, Outcome.Place place) when place == Outcome.Place.BEHIND_FILE ->
          FIRST_SIGNAL_STATUS + FaultSignals.SIGBUS;
      case Outcome.Fault(Trap trap, Outcome.Place _) ->
          FIRST_SIGNAL_STATUS
              + FaultSignals.signal(
                  trap instanceof Trap.ProcessorException exception ? exception.kind() : null);
      case Outcome.Violation _ -> FIRST_SIGNAL_STATUS + FaultSignals.signal(null);
      default -> -1;
    };
  }

  private byte[] read(int most) {
    byte[] buffer = new byte[Math.min(most, LARGEST_READ)];
    try {
      int length = input.read(buffer);
      return Arrays.copyOf(buffer, Math.max(length, 0));
    } catch (GuestStreamException | InterruptedIOException e) {
      throw new FileException(StreamOutput.errno(e));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the program's input", e);
    }
  }

  private Instance create(Embedding embedding, Outcomes outcomes) {
    InstanceConfiguration configuration =
        new InstanceConfiguration(
            program, memorySize(), stackSize(), invocation(), embedding, outcomes);
    return Failures.translate(
        guest(), "create a sandbox", () -> Instance.create(HostPlatform.get(), configuration));
  }

  private Guest guest() {
    return new Guest(
        new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8), program);
  }

  private Settings settingsWith(StandardStreams.@Nullable Input standardInput, Limits initial) {
    return settings(Settings.DEFAULT.withLimits(initial))
        .withInput(standardInput)
        .withMounts(allMounts())
        .withExtensions(extensions())
        .withProgram(new ProgramIdentity(path, invocation().arguments()));
  }

  /** The program's own file lies lowest: whatever else is mounted there is meant. */
  private List<Mount> allMounts() {
    List<Mount> all = new ArrayList<>();
    all.add(new Mount(path, new HostSource(file, FileKind.REGULAR)));
    all.addAll(mounts());
    return all;
  }

  private Invocation invocation() {
    List<String> all = new ArrayList<>();
    all.add(path);
    all.addAll(arguments);
    return new Invocation(path, List.copyOf(all), List.copyOf(environment));
  }

  /**
   * Starts the program and runs it up to where it first asks for standard input: it has loaded what
   * it needs by then, and waits for its first request. {@link ProgramServer#serve} gives it one. A
   * {@link ProgramServer#snapshot} taken before that is the program freshly started, for any number
   * of requests.
   *
   * <p>{@link #stdin} does not count. What the program writes to its standard output meanwhile, and
   * to its standard error at any time, goes to {@link #hostPrint} and {@link #hostError}.
   *
   * @return the running program, to be closed by the caller
   * @throws GuestExitException if the program exits without having read anything
   * @throws GuestFaultException if it does what it may not
   * @throws GuestAbortException if it ends by a signal of its own
   * @throws InvalidGuestException and the other exceptions of {@link #run}
   */
  public ProgramServer startServing() {
    Outcomes outcomes = new Outcomes(program);
    Embedding embedding =
        new Embedding(
            List.of(), output(StreamOutput.initial()), settingsWith(null, Limits.DEFAULT));
    Instance instance = create(embedding, outcomes);
    try {
      Ending ending = instance.runProgram(startNanos());
      if (!(ending instanceof Outcome.WaitingForInput)) {
        throw outcomes.exceptionFor(ending);
      }
      return new ProgramServer(new Sandbox(guest(), instance));
    } catch (Throwable t) {
      instance.close();
      throw t;
    }
  }

  /** How long a program may take that runs, or starts: as for {@link #run}. */
  private long startNanos() {
    return settings(Settings.DEFAULT.withLimits(RUN_LIMITS)).limits().callTimeoutNanos();
  }

  @Override
  public String toString() {
    return "Program[" + guest().name() + "]";
  }
}
