package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.hypervisor.x86.Register;
import io.hyperlight.internal.hypervisor.x86.X86VirtualCpu;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.Map;

/**
 * Calls without exits. The vCPU has a thread of its own, and host and guest give each other
 * messages in the call frame: the host calls and answers host calls, the gate says that a call is
 * over or makes a host call. They take turns: each message has the number of the one that it
 * answers. Who waits looks for the next message for a while and then gives up the processor, the
 * gate by an exit, the host by sleeping until there is one.
 *
 * <p>Neither misses a message of the other. The host says that it goes to sleep, and looks once
 * more; the gate leaves its message, with a barrier, and then looks whether the host sleeps. The
 * host leaves its message, and then looks whether the vCPU has stopped; which it does only once.
 *
 * <p><b>Boundary.</b> The guest runs while the host reads, or anything else runs there than the
 * gate. So each word of a message is read once, into fields of this object, and the number before
 * all others. A guest that answers what it was not asked, or does not come to rest, harms itself.
 *
 * <p>For one thread at a time.
 */
final class Exitless implements Call.Run, AutoCloseable {
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  /** How often either looks for a message: 50 us or so. */
  private static final int MOST_PATIENCE =
      Runtime.getRuntime().availableProcessors() > 1 ? 2048 : 0;

  private static final int LEAST_PATIENCE = Math.min(64, MOST_PATIENCE);

  private final PhysicalMemory memory;
  private final X86VirtualCpu vcpu;
  private final VcpuThread thread;
  private final long frame;
  private final Runnable whenInterrupted;

  /** Of the host's last message. */
  private long number;

  /** Whether the next message is to be given when the vCPU runs next. */
  private boolean posting;

  /** Whether the guest waits for the next call. */
  private boolean ready;

  private int patience = MOST_PATIENCE;
  private int patienceOfGuest = MOST_PATIENCE;

  // The guest's last message, copied.
  private boolean received;
  private long rax;
  private long rdi;
  private long rsi;
  private long rdx;

  // The answer to it.
  private long answerRax;
  private long answerRdx;
  private long answerR8;

  /**
   * For one vCPU.
   *
   * @param thread that runs it; is closed with this
   * @param frame the physical address of the call frame
   * @param whenInterrupted what to do when the thread of a call is interrupted while it sleeps
   */
  Exitless(
      PhysicalMemory memory,
      X86VirtualCpu vcpu,
      VcpuThread thread,
      long frame,
      Runnable whenInterrupted) {
    this.memory = memory;
    this.vcpu = vcpu;
    this.frame = frame;
    this.whenInterrupted = whenInterrupted;
    this.thread = thread;
  }

  /** Whether the vCPU runs. One that does may stop by itself, and then stands until it is run. */
  boolean isRunning() {
    return thread.isRunning();
  }

  /** Whether the vCPU can never run again. */
  boolean hasFailed() {
    return thread.hasFailed();
  }

  KickSignal.Target target() {
    return thread.target();
  }

  // A call.

  /** A call begins for which the vCPU, which is stopped, enters the gate from its start. */
  void enter() {
    forget();
    number++;
    memory.putLong(frame + CallFrame.REQUEST, number);
    memory.putLong(frame + CallFrame.RESPONSE, number - 1);
    memory.putLong(frame + CallFrame.ASLEEP, 0);
    memory.putLong(frame + CallFrame.PATIENCE, patienceOfGuest);
  }

  /** Whether a call can be {@link #call given} to the guest as a message. */
  boolean isReady() {
    return ready;
  }

  /** A call begins, with the next run. */
  void call() {
    ready = false;
    received = false;
    posting = true;
  }

  /** Whether there is a message that nobody has answered. */
  boolean hasMessage() {
    return received;
  }

  /**
   * Whether it is the guest's turn to wait: it has left a message, and the host's next one is not
   * given yet.
   */
  boolean isToWait() {
    return received || posting;
  }

  /** Whether the message is that the call is over. */
  boolean isCallDone() {
    return received && rax == Hypercall.DONE;
  }

  /** A register as the message has it; hostile. */
  long get(Register register) {
    return switch (register) {
      case RAX -> rax;
      case RDI -> rdi;
      case RSI -> rsi;
      case RDX -> rdx;
      default -> 0;
    };
  }

  /** All that the message has of registers. */
  Map<Register, Long> registers() {
    Map<Register, Long> registers = new EnumMap<>(Register.class);
    for (Register register : Register.values()) {
      registers.put(register, get(register));
    }
    return registers;
  }

  /** Sets a register of the answer. */
  void set(Register register, long value) {
    switch (register) {
      case RAX -> answerRax = value;
      case RDX -> answerRdx = value;
      case R8 -> answerR8 = value;
      default -> throw new IllegalArgumentException("no register of an answer: " + register);
    }
  }

  /** Gives the answer, with the next run. */
  void answer() {
    memory.putLong(frame + CallFrame.ANSWER_RAX, answerRax);
    memory.putLong(frame + CallFrame.ANSWER_RDX, answerRdx);
    memory.putLong(frame + CallFrame.ANSWER_R8, answerR8);
    received = false;
    posting = true;
  }

  // The run.

  /**
   * Gives the message there is for the guest, lets it run and waits for its message or an exit.
   *
   * @return 0 if there is either, {@link #hasMessage} tells, or an error number of KVM_RUN
   */
  @Override
  public int run() {
    if (posting) {
      post();
    }
    if (!thread.isRunning() && !vcpu.isExitUnseen()) {
      thread.start();
    }
    int left = patience;
    while (!receive()) {
      if (!thread.isRunning()) {
        // It may have left a message before.
        return receive() ? 0 : thread.result();
      } else if (left > 0) {
        left--;
        Thread.onSpinWait();
      } else if (sleep()) {
        patience = Math.max(LEAST_PATIENCE, patience / 2);
        return 0;
      }
    }
    if (left > 0) {
      patience = Math.min(MOST_PATIENCE, patience * 2);
    }
    return 0;
  }

  private void post() {
    posting = false;
    patienceOfGuest =
        thread.isRunning()
            ? Math.min(MOST_PATIENCE, patienceOfGuest * 2)
            : Math.max(LEAST_PATIENCE, patienceOfGuest / 2);
    memory.putLong(frame + CallFrame.PATIENCE, patienceOfGuest);
    number++;
    LONG.setVolatile(memory.segment(), frame + CallFrame.REQUEST, number);
  }

  private boolean receive() {
    MemorySegment segment = memory.segment();
    if ((long) LONG.getAcquire(segment, frame + CallFrame.RESPONSE) != number) {
      return received;
    }
    if (!received) {
      rax = memory.getLong(frame + CallFrame.MESSAGE_RAX);
      rdi = memory.getLong(frame + CallFrame.MESSAGE_RDI);
      rsi = memory.getLong(frame + CallFrame.MESSAGE_RSI);
      rdx = memory.getLong(frame + CallFrame.MESSAGE_RDX);
      received = true;
      ready = rax == Hypercall.DONE;
    }
    return true;
  }

  /** Sleeps until the vCPU stops; true if there is a message already. */
  private boolean sleep() {
    LONG.setVolatile(memory.segment(), frame + CallFrame.ASLEEP, 1L);
    try {
      if (receive()) {
        return true;
      }
      thread.awaitStop(whenInterrupted);
      return false;
    } finally {
      LONG.setVolatile(memory.segment(), frame + CallFrame.ASLEEP, 0L);
    }
  }

  // Between calls.

  /** Stops the vCPU, wherever the guest is. */
  void stop() {
    if (thread.isRunning()) {
      thread.stop();
    }
  }

  /** The vCPU, which is stopped, starts again from the gate's beginning. */
  private void forget() {
    ready = false;
    posting = false;
    received = false;
  }

  /** All is as in the beginning: nobody is to learn how many calls there were before. */
  void restore() {
    forget();
    number = 0;
    patience = MOST_PATIENCE;
    patienceOfGuest = MOST_PATIENCE;
  }

  @Override
  public void close() {
    thread.close();
  }
}
