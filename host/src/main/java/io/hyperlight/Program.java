package io.hyperlight;

import io.hyperlight.error.CallInterruptedException;
import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestExitException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
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
import io.hyperlight.internal.linux.ThreadReport;
import io.hyperlight.internal.linux.fd.StandardStreams;
import io.hyperlight.internal.linux.proc.ProgramIdentity;
import io.hyperlight.internal.loader.GuestFormatException;
import io.hyperlight.internal.loader.GuestProgram;
import io.hyperlight.internal.loader.Invocation;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.os.HostPath;
import io.hyperlight.internal.os.RegularFile;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.host.HostSource;
import io.hyperlight.value.Limits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Describes an ordinary Linux program and runs it, unchanged, in a micro-VM without a kernel. This
 * library answers the program's system calls. The program has access to nothing of the host except
 * what is named here.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="run"}
 *
 * <p><b>What runs.</b> Programs for Linux on x86-64 with one process. They may have threads. They
 * may be static, or dynamic; dynamic ones find their loader and libraries in the mounted trees.
 * Other processes and networks are refused. {@link ProgramResult#failure} reports it if a program
 * needed them.
 *
 * <p><b>Serving.</b> A program that takes long to start need not start for each request. {@link
 * #startServing} runs it until it first reads its standard input. A snapshot taken there provides
 * each request with a freshly started program.
 *
 * {@snippet file="io/hyperlight/snippets/ProgramSnippets.java" region="serve"}
 *
 * <p>A description is for one thread and may be run any number of times.
 */
public final class Program extends LoadSettings<Program> {
  /** The default of {@link #memorySize}: 128 MiB. */
  public static final long DEFAULT_MEMORY_SIZE = 128L << 20;

  /** The default of {@link #stackSize}: 8 MiB. */
  public static final long DEFAULT_STACK_SIZE = 8L << 20;

  /** The default of {@link Limits#callTimeout} for {@link #run}: 10 minutes. */
  public static final Duration DEFAULT_RUN_TIMEOUT = Duration.ofMinutes(10);

  private static final Limits RUN_LIMITS = Limits.DEFAULT.withCallTimeout(DEFAULT_RUN_TIMEOUT);

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
    this.path = bytesOf(file);
    try {
      program = GuestProgram.whole(contents);
    } catch (GuestFormatException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(file) + " is not a program: " + e.getMessage(),
          e);
    }
  }

  /**
   * Reads a program from a file. The program sees itself at the same absolute path.
   *
   * @param executable the file, an ELF executable for Linux on x86-64
   * @return a description with default settings: no arguments, no environment, no input, no files
   * @throws InvalidGuestException if the file is not such an executable
   * @throws UncheckedIOException if the file cannot be read
   */
  public static Program of(Path executable) {
    try {
      return new Program(executable.toAbsolutePath().normalize(), RegularFile.readAll(executable));
    } catch (RegularFile.OtherKindException e) {
      throw new InvalidGuestException(
          InvalidGuestException.Kind.FORMAT,
          HostPath.text(executable)
              + " is not a program: it "
              + e.getReason()
              + "; name the program's own file",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read program " + HostPath.text(executable) + ": " + HostPath.reason(e), e);
    }
  }

  /**
   * Sets the program's arguments, without its own name. They replace earlier ones. The program gets
   * them as UTF-8. To pass a byte that is not UTF-8, use half of a surrogate pair, U+DC00 plus the
   * byte, as in the paths of {@link GuestFiles}.
   *
   * @param arguments any text without zero characters
   * @return this description
   * @throws IllegalArgumentException if an argument has a zero character, or any other half of a
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
   * @param name the variable's name
   * @param value the variable's value
   * @return this description
   * @throws IllegalArgumentException if the name is empty or contains "=", or if name or value has
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
   * Sets what the program reads from its standard input. By default that is empty.
   *
   * @param bytes the input; it is copied
   * @return this description
   */
  public Program stdin(byte[] bytes) {
    return stdin(new ByteArrayInputStream(bytes.clone()));
  }

  /**
   * Sets the stream that the program reads as its standard input. Bytes are read from it when the
   * program asks for them, so a program that waits for input waits as long as the stream does. The
   * stream is not read further than the program reads, and it is not closed. {@link
   * HostStreams#input} is the standard input of this process.
   *
   * @param stream the input; the thread that runs the program reads it
   * @return this description
   */
  public Program stdin(InputStream stream) {
    input = Objects.requireNonNull(stream, "stream");
    return this;
  }

  /**
   * Sets how much the program may write to its standard output and error, in a run or in the answer
   * to a request. This is {@link Limits#outputBytes}; the other limits stay as they are. A program
   * that writes more ends with {@link GuestLimitException}.
   *
   * @param bytes the limit, not negative
   * @return this description
   * @throws IllegalArgumentException if the limit is negative
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
   * <p>The result tells how the program ended; a program that fails by itself does not make this
   * method throw. The result contains what the program wrote to its standard output and error,
   * unless {@link #hostPrint} or {@link #hostError} take it.
   *
   * @return the result
   * @throws InvalidGuestException if the program cannot be loaded, for example because no mounted
   *     tree has its loader, or because it does not fit into the memory
   * @throws GuestDeadlockException if the program waits for something that cannot happen
   * @throws GuestTimeoutException if the program takes longer than its limit, which is {@link
   *     #DEFAULT_RUN_TIMEOUT} by default
   * @throws GuestLimitException if the program uses more than its {@link Limits} allow
   * @throws CallInterruptedException if this thread is interrupted
   * @throws HostFunctionException if an embedder's stream or listener throws
   * @throws HypervisorException if this machine, process or JVM cannot run sandboxes, or KVM fails
   */
  public ProgramResult run() {
    ProgramOutput output =
        new ProgramOutput(hasStream(false), hasStream(true), output(StreamOutput.initial()));
    Outcomes outcomes = new Outcomes(program);
    Embedding embedding =
        new Embedding(List.of(), output, settingsWith(new ProgramInput(input), RUN_LIMITS));
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

  /** Returns the exit status that a shell would report; -1 if the program did not end by itself. */
  private static int status(Ending ending) {
    return switch (ending) {
      case Outcome.Exited(int status, String _) -> status;
      case Outcome.Aborted(String _, int signal) -> FIRST_SIGNAL_STATUS + signal;
      case Outcome.Fault(Trap _, Outcome.Place place, List<ThreadReport> _)
          when place == Outcome.Place.BEHIND_FILE ->
          FIRST_SIGNAL_STATUS + FaultSignals.SIGBUS;
      case Outcome.Fault(Trap trap, Outcome.Place _, List<ThreadReport> _) ->
          FIRST_SIGNAL_STATUS
              + FaultSignals.signal(
                  trap instanceof Trap.ProcessorException exception ? exception.kind() : null);
      case Outcome.Violation _ -> FIRST_SIGNAL_STATUS + FaultSignals.signal(null);
      default -> -1;
    };
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
        .withProgram(new ProgramIdentity(path, ownPath(), invocation().arguments()));
  }

  /**
   * Returns the program's path for {@code /proc/self/exe}: without symbolic links, if the guest
   * sees something there.
   */
  private String ownPath() {
    try {
      String real = bytesOf(file.toRealPath());
      boolean isSeen = mounts().stream().anyMatch(mount -> real.startsWith(folder(mount.path())));
      return isSeen ? real : path;
    } catch (IOException e) {
      return path; // the file has been removed since it was read
    }
  }

  private static String folder(String mounted) {
    return mounted.endsWith("/") ? mounted : mounted + "/";
  }

  private static String bytesOf(Path path) {
    return new String(HostPath.bytes(path), StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns all mounts. The program's own file comes first, so that a mount at the same place hides
   * it.
   */
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
   * Starts the program and runs it until it first asks for standard input. By then it has loaded
   * what it needs, and waits for its first request. {@link ProgramServer#serve} sends it one. A
   * {@link ProgramServer#snapshot} taken before that is the freshly started program, for any number
   * of requests.
   *
   * <p>{@link #stdin} has no effect here. What the program writes to its standard output before the
   * first request goes to {@link #hostPrint}. What it writes to its standard error at any time goes
   * to {@link #hostError}.
   *
   * @return the running program, which the caller has to close
   * @throws GuestExitException if the program exits before it has read anything
   * @throws GuestFaultException if the program does something that is not allowed
   * @throws GuestAbortException if the program ends by a signal of its own
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

  /** Returns the time limit of a program's start. It is the same as for {@link #run}. */
  private long startNanos() {
    return settings(Settings.DEFAULT.withLimits(RUN_LIMITS)).limits().callTimeoutNanos();
  }

  @Override
  public String toString() {
    return "Program[" + guest().name() + "]";
  }
}
