package io.hyperlight.internal.machine;

import io.hyperlight.internal.abi.CallFrame;
import io.hyperlight.internal.abi.Hypercall;
import io.hyperlight.internal.machine.arch.Exits;
import io.hyperlight.internal.machine.arch.GuestEntry;
import io.hyperlight.internal.machine.arch.RegisterValues;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.PhysicalMemory;
import io.hyperlight.internal.os.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The transport whose messages are in shared memory, so that calls need no exits. The vCPU has a
 * thread of its own. Host and guest exchange messages in the call frame. The host calls and answers
 * host calls. The gate says that a call is over, or makes a host call. They take turns: each
 * message has the number of the one that it answers. A side that waits looks for the next message
 * for a while, and then stops using the processor. The gate does so by an exit, and the host by
 * sleeping until there is a message.
 *
 * <p>Neither misses a message of the other. The host sets the sleep flag, and then looks once more.
 * The gate writes its message, executes a barrier, and then looks whether the host sleeps. The host
 * writes its message, and then looks whether the vCPU has stopped, which happens only once.
 *
 * <p><b>Boundary.</b> The guest runs while the host reads, and any guest code may run in place of
 * the gate. So each word of a message is read once, into fields of this object, and the number is
 * read first. A guest that answers without a message, or never rests, harms only itself.
 *
 * <p>Only one thread at a time may use it.
 */
final class SharedMemoryTransport implements Transport {
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  /** How often either side looks for a message at most: for about 50 us. */
  private static final int MAX_PATIENCE = Runtime.getRuntime().availableProcessors() > 1 ? 2048 : 0;

  private static final int MIN_PATIENCE = Math.min(64, MAX_PATIENCE);

  private final PhysicalMemory memory;
  private final AddressSpace space;
  private final VcpuRunner runner;
  private final Exits exits;
  private final ExitTransport exit;
  private final GuestEntry entry;
  private final VcpuThread thread;
  private final long frame;
  private final Call.Run exchange = this::exchange;
  private final Runnable whenInterrupted;

  /** The number of the host's last message. */
  private long number;

  /** Whether the host writes its next message when the vCPU runs next. */
  private boolean posting;

  /** Whether the guest waits for the next call. */
  private boolean ready;

  private int patience = MAX_PATIENCE;
  private int patienceOfGuest = MAX_PATIENCE;

  // A copy of the guest's last message.
  private boolean received;
  private long messageNumber;
  private long argument0;
  private long argument1;
  private long argument2;

  // The answer to that message.
  private long answer;
  private long secondAnswer;
  private long thirdAnswer;

  /**
   * Makes the transport of one vCPU with a thread of its own. The gate writes messages from now on.
   *
   * @param exit for exits that the guest makes all the same
   * @param frame the guest-physical address of the call frame
   */
  SharedMemoryTransport(
      PhysicalMemory memory,
      AddressSpace space,
      VcpuRunner runner,
      GuestEntry entry,
      ExitTransport exit,
      long frame) {
    this.memory = memory;
    this.space = space;
    this.runner = runner;
    this.entry = entry;
    this.exit = exit;
    this.frame = frame;
    exits = runner.exits();
    thread = runner.ownThread();
    whenInterrupted = runner.whenInterrupted();
    entry.leaveMessages(space, true);
  }

  @Override
  public boolean isRunning() {
    return thread.isRunning();
  }

  @Override
  public boolean hasFailed() {
    return thread.hasFailed();
  }

  // A call.

  @Override
  public void enter(long gate, long callFrame) {
    if (ready) {
      ready = false;
      received = false;
      posting = true;
      return;
    }
    // The vCPU is stopped, and enters the gate from its start.
    forget();
    number++;
    memory.putLong(frame + CallFrame.REQUEST, number);
    memory.putLong(frame + CallFrame.RESPONSE, number - 1);
    memory.putLong(frame + CallFrame.ASLEEP, 0);
    memory.putLong(frame + CallFrame.PATIENCE, patienceOfGuest);
    exit.enter(gate, callFrame);
  }

  /**
   * Returns whether it is the guest's turn to wait: it has left a message, and the host has not
   * written the next one.
   */
  boolean isToWait() {
    return received || posting;
  }

  @Override
  public boolean isCallDone() {
    return received && messageNumber == Hypercall.DONE;
  }

  @Override
  public long callNumber() {
    return received ? messageNumber : exit.callNumber();
  }

  @Override
  public long argument(int index) {
    if (!received) {
      return exit.argument(index);
    }
    return switch (index) {
      case 0 -> argument0;
      case 1 -> argument1;
      case 2 -> argument2;
      default -> 0;
    };
  }

  @Override
  public RegisterValues registers() {
    return received ? ofMessage() : exit.registers();
  }

  @Override
  public RegisterValues registersAfterCall() {
    return received ? ofMessage() : exit.registersAfterCall();
  }

  private RegisterValues ofMessage() {
    return exits.ofMessage(messageNumber, argument0, argument1, argument2);
  }

  @Override
  public void setAnswer(long result) {
    if (received) {
      answer = result;
    } else {
      exit.setAnswer(result);
    }
  }

  @Override
  public void setMoreOfAnswer(long second, long third) {
    if (received) {
      secondAnswer = second;
      thirdAnswer = third;
    } else {
      exit.setMoreOfAnswer(second, third);
    }
  }

  @Override
  public void answer() {
    if (!received) {
      exit.answer();
      return;
    }
    memory.putLong(frame + CallFrame.ANSWER_RAX, answer);
    memory.putLong(frame + CallFrame.ANSWER_RDX, secondAnswer);
    memory.putLong(frame + CallFrame.ANSWER_R8, thirdAnswer);
    received = false;
    posting = true;
  }

  // The run.

  @Override
  public Arrival run() {
    while (true) {
      boolean unseen = !thread.isRunning() && runner.isExitUnseen();
      if (unseen && !exits.isRest() && !runner.isTrackerFull()) {
        return isToWait() ? Arrival.EXIT_BESIDE_MESSAGE : Arrival.EXIT;
      } else if (received) {
        return Arrival.MESSAGE;
      } else if (unseen && !letGoOn()) {
        return Arrival.FAILED;
      }
      int result = runner.await(exchange);
      if (result == Call.STOPPED) {
        return Arrival.STOPPED;
      } else if (result != 0 && result != Errno.EINTR) {
        runner.failed(result);
        return Arrival.FAILED;
      }
    }
  }

  /**
   * Lets the vCPU go on from an exit that does not concern the guest.
   *
   * @return false if that has failed
   */
  private boolean letGoOn() {
    if (!runner.isTrackerFull()) {
      entry.resumeStub();
    } else if (!runner.makeRoom()) {
      return false;
    }
    runner.exitSeen();
    return true;
  }

  /**
   * Writes the next message for the guest if there is one, lets the guest run, and waits for its
   * message or an exit.
   *
   * @return 0 if there is either, or an error number of KVM_RUN
   */
  private int exchange() {
    if (posting) {
      post();
    }
    if (!thread.isRunning() && !runner.isExitUnseen()) {
      thread.start();
    }
    int left = patience;
    while (!receive()) {
      if (!thread.isRunning()) {
        // The guest may have left a message before.
        return receive() ? 0 : thread.result();
      } else if (left > 0) {
        left--;
        Thread.onSpinWait();
      } else if (sleep()) {
        patience = Math.max(MIN_PATIENCE, patience / 2);
        return 0;
      }
    }
    if (left > 0) {
      patience = Math.min(MAX_PATIENCE, patience * 2);
    }
    return 0;
  }

  private void post() {
    posting = false;
    patienceOfGuest =
        thread.isRunning()
            ? Math.min(MAX_PATIENCE, patienceOfGuest * 2)
            : Math.max(MIN_PATIENCE, patienceOfGuest / 2);
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
      messageNumber = memory.getLong(frame + CallFrame.MESSAGE_RAX);
      argument0 = memory.getLong(frame + CallFrame.MESSAGE_RDI);
      argument1 = memory.getLong(frame + CallFrame.MESSAGE_RSI);
      argument2 = memory.getLong(frame + CallFrame.MESSAGE_RDX);
      received = true;
      ready = messageNumber == Hypercall.DONE;
    }
    return true;
  }

  /**
   * Sleeps until the vCPU stops.
   *
   * @return true if there is a message already
   */
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

  @Override
  public void halt() {
    if (thread.isRunning()) {
      thread.stop();
    }
    if (!(runner.isExitUnseen() && exits.isRest())) {
      runner.disturb(); // unless it waits, a signal may have stopped it at any point
    }
  }

  /**
   * The image gets a gate that makes exits. The code that spawns machines from it decides on their
   * transport.
   */
  @Override
  public void beforeFreeze() {
    entry.leaveMessages(space, false);
  }

  /** If this fails, calls make exits until a restore. */
  @Override
  public void afterFreeze() {
    entry.leaveMessages(space, true);
  }

  /** Makes the vCPU, which is stopped, start again at the gate's beginning. */
  private void forget() {
    ready = false;
    posting = false;
    received = false;
  }

  /**
   * Resets the message number, too, so that a guest does not learn how many calls there were
   * before.
   */
  @Override
  public void restore() {
    forget();
    number = 0;
    patience = MAX_PATIENCE;
    patienceOfGuest = MAX_PATIENCE;
    entry.leaveMessages(space, true);
  }

  @Override
  public void close() {
    thread.close();
  }
}
