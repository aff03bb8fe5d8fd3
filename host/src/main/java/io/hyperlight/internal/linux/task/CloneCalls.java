package io.hyperlight.internal.linux.task;

import static io.hyperlight.internal.linux.task.CloneArguments.CHILD_CLEARTID;
import static io.hyperlight.internal.linux.task.CloneArguments.CHILD_SETTID;
import static io.hyperlight.internal.linux.task.CloneArguments.FILES;
import static io.hyperlight.internal.linux.task.CloneArguments.FS;
import static io.hyperlight.internal.linux.task.CloneArguments.NAMESPACES;
import static io.hyperlight.internal.linux.task.CloneArguments.NEWNS;
import static io.hyperlight.internal.linux.task.CloneArguments.NEWPID;
import static io.hyperlight.internal.linux.task.CloneArguments.NEWUSER;
import static io.hyperlight.internal.linux.task.CloneArguments.PARENT_SETTID;
import static io.hyperlight.internal.linux.task.CloneArguments.PIDFD;
import static io.hyperlight.internal.linux.task.CloneArguments.SETTLS;
import static io.hyperlight.internal.linux.task.CloneArguments.SIGHAND;
import static io.hyperlight.internal.linux.task.CloneArguments.THREAD;
import static io.hyperlight.internal.linux.task.CloneArguments.VFORK;
import static io.hyperlight.internal.linux.task.CloneArguments.VM;

import io.hyperlight.internal.linux.base.GuestMemory;
import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.linux.base.Refusals;
import io.hyperlight.internal.machine.Context;
import io.hyperlight.internal.machine.ContextsRefusedException;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.GuestAddressException;
import io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException;
import io.hyperlight.internal.os.Errno;
import io.hyperlight.internal.vfs.FileException;

/** Makes threads and ends them. Other processes are refused. */
public final class CloneCalls {
  private final Task task;
  private final ProcessTasks tasks;
  private final World world;
  private final GuestMemory memory;
  private final Refusals refusals;

  public CloneCalls(Task task, Refusals refusals) {
    this.task = task;
    this.refusals = refusals;
    world = task.world();
    tasks = task.process().tasks();
    memory = task.process().bytes();
  }

  public long clone(long flags, long stack, long parent, long child, long threadPointer) {
    return make(CloneArguments.of(flags, stack, parent, child, threadPointer), "clone");
  }

  public long clone3(long arguments, long size) {
    return make(CloneArguments.read(memory, arguments, size), "clone3");
  }

  /** Makes a thread. The checks are in the order of {@code kernel_clone} and what it calls. */
  private long make(CloneArguments wanted, String call) {
    if (wanted.hasAll(PIDFD | PARENT_SETTID)
        && wanted.processDescriptor() == wanted.parentNumber()) {
      return -Errno.EINVAL;
    }
    if (wanted.hasAll(NEWNS | FS)
        || wanted.hasAll(NEWUSER | FS)
        || (wanted.has(THREAD) && !wanted.has(SIGHAND))
        || (wanted.has(SIGHAND) && !wanted.has(VM))
        || (wanted.has(THREAD) && wanted.has(NEWUSER | NEWPID))) {
      return -Errno.EINVAL;
    }
    if (!wanted.has(THREAD)) {
      return refuse(Need.PROCESSES, call, Errno.EPERM);
    }
    if (wanted.has(NAMESPACES) || wanted.chosenNumbers() > 0) {
      refusals.count(call);
      return -Errno.EPERM;
    }
    if (wanted.has(PIDFD | VFORK) || !wanted.hasAll(FILES | FS)) {
      refusals.count(call + " of a thread with files of its own");
      return -Errno.EINVAL;
    }
    if (wanted.has(SETTLS)
        && (wanted.threadPointer() < 0 || wanted.threadPointer() >= AddressSpace.USER_END)) {
      return -Errno.EPERM;
    }
    if (tasks.all().size() >= world.options().threads()) {
      return refuse(Need.MORE_THREADS, call, Errno.EAGAIN);
    }
    return makeThread(wanted, call);
  }

  private long refuse(Need need, String call, int error) {
    refusals.count(call);
    refusals.need(need, "clone");
    return -error;
  }

  private long makeThread(CloneArguments wanted, String call) {
    Context context;
    try {
      world.heap().require(Task.HEAP_BYTES);
      context = task.context().fork();
    } catch (FileException e) {
      return refuse(Need.MORE_THREADS, call, Errno.EAGAIN);
    } catch (GuestMemoryExhaustedException e) {
      return -Errno.ENOMEM;
    } catch (ContextsRefusedException e) {
      return switch (e.reason()) {
        case EXITLESS -> refuse(Need.THREADS, call, Errno.EPERM);
        case TOO_MANY -> refuse(Need.MORE_THREADS, call, Errno.EAGAIN);
      };
    }
    Task made = new Task(task.process(), tasks.newIdentity(), context);
    made.inherit(task);
    if (wanted.stackPointer() != 0) {
      context.setStackPointer(wanted.stackPointer());
    }
    if (wanted.has(SETTLS)) {
      context.setThreadPointer(wanted.threadPointer());
    }
    int number = made.identity().thread();
    if (wanted.has(PARENT_SETTID)) {
      writeNumber(wanted.parentNumber(), number);
    }
    if (wanted.has(CHILD_SETTID)) {
      writeNumber(wanted.childNumber(), number);
    }
    if (wanted.has(CHILD_CLEARTID)) {
      made.clearAtExit(wanted.childNumber());
    }
    tasks.add(made);
    made.keepAnswer(0);
    world.scheduler().add(made);
    return number;
  }

  /** Linux ignores where the number cannot be written. */
  private void writeNumber(long address, int number) {
    try {
      memory.writeInt(address, number);
    } catch (GuestAddressException e) {
      // as said
    }
  }

  public long exit(int status) {
    return task.outcome().exitTask(status);
  }

  public long exitGroup(int status) {
    return task.outcome().exit(status);
  }

  public long setTidAddress(long address) {
    task.clearAtExit(address);
    return task.identity().thread();
  }

  public long schedYield() {
    world.scheduler().yieldTurn();
    return 0;
  }
}
