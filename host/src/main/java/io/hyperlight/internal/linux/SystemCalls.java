package io.hyperlight.internal.linux;

import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.machine.Machine;
import io.hyperlight.internal.machine.Restorable;
import io.hyperlight.internal.machine.arch.Trap;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.Protection;
import io.hyperlight.internal.machine.x86.UserContext;
import io.hyperlight.internal.os.Checkpoint;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.Counterparts;
import io.hyperlight.internal.vfs.FileContent;
import io.hyperlight.internal.vfs.FileException;
import io.hyperlight.internal.vfs.FileKind;
import io.hyperlight.internal.vfs.FileStatus;
import io.hyperlight.internal.vfs.FileSystem;
import io.hyperlight.internal.vfs.Location;
import io.hyperlight.internal.vfs.Mount;
import io.hyperlight.internal.vfs.Node;
import io.hyperlight.internal.vfs.PathResolver;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers the Linux system calls of one guest; those that nothing answers get ENOSYS. What there is
 * for each is in {@link SystemCallTable} and the classes that fill it, a family each.
 *
 * <p><b>Boundary.</b> Number and arguments are hostile. Pointers are only ever handed to {@link
 * AddressSpace}, which checks and copies; a bad one is EFAULT to the guest and nothing to the host.
 *
 * <p>For one thread at a time.
 */
public final class SystemCalls implements Restorable<LinuxState>, AutoCloseable {
  private static final SystemCallTable TABLE = new SystemCallTable();

  /** All numbers beyond the table, for counting. */
  private static final long UNKNOWN = -1;

  private final Machine machine;
  private final AddressSpace space;
  private final GuestMemory guestMemory;
  private final MemoryCalls memory;
  private final Settings settings;
  private final CallBudget budget;
  private final StandardStreams streams;
  private final ProcessFiles files;

  /** Made once: a restore allocates nothing. */
  private final Supplier<Counterparts> counterparts = this::counterparts;

  private final TimeCalls time;
  private final RandomCalls random;
  private final ProcessCalls process;
  private final SignalCalls signals;
  private final @Nullable SystemCallObserver observer;

  /** How often what was refused, by number. */
  private final Map<Long, Long> refusals = new LinkedHashMap<>();

  private long count;

  private @Nullable FileContent programFile;
  private long programSize;

  // Of the running call.
  private @Nullable ProcessEnding ending;
  private @Nullable String need;

  /** Whether the answer is not a result, but other registers to go on with. */
  private boolean redirected;

  /** Takes what a guest writes to its standard streams. */
  @FunctionalInterface
  public interface Output {
    /**
     * Bytes the guest wrote.
     *
     * @param error whether to standard error
     */
    void print(byte[] bytes, boolean error);
  }

  /** Gives a guest what it reads from its standard input. */
  @FunctionalInterface
  public interface Input {
    /** No input. */
    Input EMPTY =
        new Input() {
          @Override
          public byte[] read(int most) {
            return new byte[0];
          }

          @Override
          public boolean isEmpty() {
            return true;
          }
        };

    /**
     * The next bytes. May wait for them.
     *
     * @param most how many there may be; positive
     * @return those that there are; none at the end; null if there are none yet and the guest is to
     *     be left waiting for them: {@link SystemCalls#answer} then says so, and asks again when it
     *     is called again
     */
    byte @Nullable [] read(int most);

    /** Whether it is known that there never are any. */
    default boolean isEmpty() {
      return false;
    }
  }

  /**
   * System calls of one guest.
   *
   * @param budget begins anew with each call
   * @throws io.hyperlight.internal.os.SystemCallException if a directory of the host that is
   *     mounted cannot be opened
   */
  public SystemCalls(
      Machine machine, AddressRanges ranges, Output output, Settings settings, CallBudget budget) {
    this.machine = machine;
    space = machine.addressSpace();
    this.settings = settings;
    this.budget = budget;
    observer = settings.observer();
    guestMemory = new GuestMemory(space);
    memory =
        new MemoryCalls(
            space,
            ranges,
            machine.checkpoint(),
            settings.mayMakeCode(),
            settings.limits().descriptors());
    streams =
        new StandardStreams(machine, budget, Objects.requireNonNull(settings.input()), output);
    time = new TimeCalls(this, settings.clock());
    random = new RandomCalls(this, settings.randomSeed());
    process =
        new ProcessCalls(this, ranges, machine.memorySizeBytes(), settings.limits().descriptors());
    signals = new SignalCalls(this);
    files = new ProcessFiles(this, streams, settings);
  }

  /** The state between two calls, to be closed by the caller. */
  public LinuxState state() {
    FileState frozen = files.freeze();
    try {
      return new LinuxState(
          memory.programBreak().current(),
          frozen,
          time.state(),
          signals.state(),
          process.state(),
          memory.files().freeze());
    } catch (Throwable t) {
      frozen.close();
      throw t;
    }
  }

  private Counterparts counterparts() {
    return files.fileSystem().counterparts();
  }

  /**
   * {@inheritDoc}
   *
   * <p>After the machine has gone back.
   *
   * @param earlier is not closed meanwhile, or is {@linkplain LinuxState#retain retained}
   */
  @Override
  public void restore(LinuxState earlier) {
    memory.programBreak().restore(earlier.programBreak());
    files.restore(earlier.files());
    memory.files().restore(earlier.mappings(), counterparts);
    time.restore(earlier.monotonicNanos());
    random.restore();
    signals.restore(earlier.signals());
    process.restore(earlier.process());
    refusals.clear();
    count = 0;
    beginCall();
  }

  /** Forgets what belonged to the call before. */
  public void beginCall() {
    ending = null;
    need = null;
    streams.beginCall();
    process.usage().beginCall();
    budget.begin();
  }

  /** What is in the files that the guest can write. Immutable. */
  public FileSystem.State writtenFiles() {
    return files.fileSystem().freeze();
  }

  /** Gives up what it holds of the host. A second call does nothing. */
  @Override
  public void close() {
    try {
      memory.files().close();
    } finally {
      files.close();
    }
  }

  /**
   * The contents of a file that the guest sees.
   *
   * @param path absolute
   * @param most how many bytes it may have
   * @throws FileException if it cannot be read, or is larger
   */
  public byte[] readFile(String path, int most) {
    PathResolver paths = files.paths();
    Node node = paths.resolve(paths.root(), path, true).node();
    if (node.status().kind() != FileKind.REGULAR) {
      throw new FileException(Errno.EACCES);
    }
    try (FileContent content = node.open(false)) {
      long size = content.status().size();
      if (size > most) {
        throw new FileException(Errno.EFBIG);
      }
      byte[] bytes = new byte[(int) size];
      int read = content.read(0, bytes, 0, bytes.length);
      return Arrays.copyOf(bytes, read);
    }
  }

  /**
   * Says what the program's file has, after all its parts are {@linkplain #programMapped mapped}.
   *
   * @param content to be closed by nobody
   */
  public void programLoaded(FileContent content) {
    programFile = content;
    programSize = content.status().size();
    memory.files().begun();
  }

  /** How many bytes the program's file has. */
  long programSize() {
    return programSize;
  }

  /** Of the program's file as {@code /proc/self/exe} shows it. */
  FileStatus programStatus() {
    PathResolver paths = files.paths();
    try {
      return paths.resolve(paths.root(), "/proc/self/exe", true).node().status();
    } catch (FileException e) {
      return programFile().status(); // something hides that, too
    }
  }

  /** What the program's file has, whatever the guest sees at its path. */
  FileContent programFile() {
    return Objects.requireNonNull(programFile);
  }

  /**
   * Says that a part of the program itself is mapped.
   *
   * @param start page-aligned, as are {@code end} and {@code offset}
   * @param content to be closed by nobody
   */
  public void programMapped(
      long start, long end, Protection protection, FileContent content, long offset) {
    memory.files().begin(start, end, protection, content, offset);
  }

  /**
   * Says that a part of a file that the guest sees is mapped.
   *
   * @param start page-aligned, as are {@code end} and {@code offset}
   * @param path absolute
   */
  public void fileMapped(long start, long end, Protection protection, String path, long offset) {
    PathResolver paths = files.paths();
    Location location = paths.resolve(paths.root(), path, true);
    try (FileContent content = location.node().open(false)) {
      memory.files().add(start, end, protection, content, location, offset, counterparts());
    }
  }

  /** Says where the auxiliary vector of a program is that begins. */
  public void programBegins(long auxiliary) {
    process.setAuxiliary(auxiliary);
  }

  /** Random bytes as the guest would get them. */
  public byte[] randomBytes(int count) {
    return random.next(count);
  }

  /** How often each system call was refused, by name, in the order of first refusal. */
  public Map<String, Long> refusals() {
    Map<String, Long> byName = new LinkedHashMap<>();
    refusals.forEach((number, count) -> byName.put(nameOf(number), count));
    return byName;
  }

  /** How many system calls were answered. */
  public long count() {
    return count;
  }

  private static String nameOf(long counted) {
    return counted == UNKNOWN ? "numbers that do not exist" : SystemCallNames.of(counted);
  }

  /**
   * Answers the system call that the machine stopped at, and lets it go on.
   *
   * @return null if it can go on, else why the guest's program ends here
   */
  public @Nullable ProcessEnding answer() {
    long number = machine.get(Register.RAX);
    ending = null;
    redirected = false;
    budget.useSystemCall();
    long result;
    if (observer == null) {
      result = call(number);
    } else {
      result = callObserved(number, observer);
    }
    if (ending != null) {
      return ending;
    }
    count++;
    if (!redirected) {
      machine.set(Register.RAX, result);
      if (!signals.deliverPending()) {
        machine.resume();
      }
    }
    return ending;
  }

  /** What goes into the call is read before it, and what comes out of it before anybody else. */
  private long callObserved(long number, SystemCallObserver listening) {
    long[] arguments = arguments();
    TracedCall traced = new TracedCall(space, number, arguments);
    long result = call(number);
    if (ending instanceof ProcessEnding.WaitingForInput) {
      return result; // it is answered later, and told of then
    }
    boolean returned = ending == null || ending instanceof ProcessEnding.Killed;
    String line = returned ? traced.line(result) : traced.lineWithoutResult();
    if (machine.goOutside()) {
      try {
        listening.answered(SystemCallNames.of(number), arguments, result, line);
      } finally {
        machine.comeBack();
      }
    }
    return result;
  }

  private long[] arguments() {
    return new long[] {
      machine.get(Register.RDI),
      machine.get(Register.RSI),
      machine.get(Register.RDX),
      machine.get(Register.R10),
      machine.get(Register.R8),
      machine.get(Register.R9)
    };
  }

  private long call(long number) {
    SystemCallTable.Handler handler = TABLE.handler(number);
    if (handler == null) {
      refused(number);
      return -Errno.ENOSYS;
    }
    try {
      return handler.call(
          this,
          machine.get(Register.RDI),
          machine.get(Register.RSI),
          machine.get(Register.RDX),
          machine.get(Register.R10),
          machine.get(Register.R8),
          machine.get(Register.R9));
    } catch (GuestAddressException e) {
      return -Errno.EFAULT;
    } catch (StandardStreams.WaitingException e) {
      ending = new ProcessEnding.WaitingForInput();
      return 0;
    } catch (FileException e) {
      if (e.errno() == Errno.EFBIG && files.changes().fileSize().takePassed()) {
        signals.raise(Signals.SIGXFSZ);
      }
      return -e.errno();
    }
  }

  /**
   * Lets the guest's own handler have a processor exception, if it has one.
   *
   * @return whether the machine goes on
   */
  public boolean handle(Trap.ProcessorException exception) {
    return signals.handle(exception);
  }

  /** Whether a page fault was an access behind the end of a file that is mapped there. */
  public boolean isBehindFile(Trap.ProcessorException pageFault) {
    return memory.mappings().isBehindEnd(pageFault.address(), pageFault.access());
  }

  // For the families.

  MemoryCalls memory() {
    return memory;
  }

  ProcessFiles files() {
    return files;
  }

  ProgramIdentity program() {
    return settings.program();
  }

  /** Where files are mounted. */
  List<String> mountPaths() {
    return settings.mounts().stream().map(Mount::path).toList();
  }

  TimeCalls time() {
    return time;
  }

  RandomCalls random() {
    return random;
  }

  ProcessCalls process() {
    return process;
  }

  SignalCalls signals() {
    return signals;
  }

  /** Where the running call can be ended; for every loop whose length the guest chooses. */
  Checkpoint checkpoint() {
    return machine.checkpoint();
  }

  /** What the host may hold for the guest. */
  HeapBudget heap() {
    return files.heap();
  }

  GuestMemory mem() {
    return guestMemory;
  }

  AddressSpace space() {
    return space;
  }

  Machine machine() {
    return machine;
  }

  UserContext context() {
    return machine.context();
  }

  /** Counts something that was refused. */
  void refused(long number) {
    // A hostile number is not to make the table grow.
    long counted = number >= 0 && number < SystemCallNames.END ? number : UNKNOWN;
    refusals.merge(counted, 1L, Long::sum);
  }

  /** Remembers what a program may fail over. */
  void needs(Need what, int number) {
    String wanted = "%s (%s)".formatted(what.text(), SystemCallNames.of(number));
    if (need == null) {
      need = "guest needs " + wanted;
    } else if (!need.contains(wanted)) { // there are few of them
      need += ", " + wanted;
    }
  }

  /** Ends the program; the result does not matter. */
  long exit(int status) {
    ending = new ProcessEnding.Exited(status & 0xff, explanation());
    return 0;
  }

  /** Ends the program by a signal; the result does not matter. */
  long kill(int signal) {
    ending = new ProcessEnding.Killed(signal, Signals.name(signal), explanation());
    return 0;
  }

  /** Ends the program because it would wait for ever; the result does not matter. */
  long stuck(String what) {
    ending = new ProcessEnding.Stuck(need == null ? what : what + "; " + need);
    return 0;
  }

  /** Says that the machine goes on with other registers, which are set. */
  void redirected() {
    redirected = true;
  }

  private String explanation() {
    return explain(GuestMessage.decode(streams.lastErrors()).strip());
  }

  /** A guest's last words, and what it asked for in the same call that no sandbox has. */
  public String explain(String message) {
    if (need == null) {
      return message;
    }
    return message.isEmpty() ? need : message + " (" + need + ")";
  }
}
