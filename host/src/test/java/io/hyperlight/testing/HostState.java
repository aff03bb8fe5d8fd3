package io.hyperlight.testing;

import io.hyperlight.internal.call.Instance;
import io.hyperlight.internal.call.Machines;
import io.hyperlight.internal.linux.SystemCallParts;
import io.hyperlight.internal.machine.MachineState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that the host's objects hold of an instance, compared without a list of it. There is only a
 * list of what may be different.
 */
public final class HostState {
  private static final Set<String> FREE = free();

  private HostState() {}

  private static Set<String> free() {
    Map<String, String> reasons = new HashMap<>();
    // The next call sets it.
    String call = "of the last call";
    reasons.put("Call.start", call);
    reasons.put("Call.timeoutNanos", call);
    reasons.put("Call.steps", call);
    reasons.put("Call.processorTime", call);
    reasons.put("FunctionCall.function", call);
    reasons.put("FunctionCall.windowNext", call);
    reasons.put("CallWord.word", call);
    reasons.put("WatchedCall.seen", call);
    reasons.put("Call.preemptAt", call);
    reasons.put("Call.preempted", call);
    reasons.put("TeamThread.preemptAt", call);
    reasons.put("RequestStream.position", call);
    reasons.put("RequestStream.ended", call);
    reasons.put("WatchedCall.place", "in the watchdog's list");
    reasons.put("VcpuKicker.thread", call);
    reasons.put("VcpuRunner.lastTarget", call);
    reasons.put("KvmVcpu.signalMask", "of the host's thread");
    // What makes the next restore fast, or opened once for the life of the machine.
    reasons.put("MemoryRestorer.untilComparison", "chooses pages");
    reasons.put("MemoryRestorer.dirty", "pages that are restored each time");
    reasons.put("MemoryRestorer.interval", "chooses pages");
    reasons.put("DirtyRing.collected", "where it reads on");
    reasons.put("DirtyRing.returned", "where it reads on");
    String team = "made once for the life of the machine, and compared with a new one";
    reasons.put("Vm.team", team);
    reasons.put("Contexts.further", team);
    reasons.put("VcpuKicker.further", team);
    reasons.put("MemoryRestorer.tracker", team);
    reasons.put("OutsideEvents.waker", team);
    reasons.put("VcpuTeam.caller", call);
    reasons.put("VcpuTeam.work", call);
    reasons.put("TeamThread.target", team);
    reasons.put("TeamThread.thread", team);
    reasons.put("TeamThread.base", call);
    reasons.put("TeamThread.baseOf", call);
    reasons.put("KvmFile.fd", "a descriptor of the host");
    String search = "a search that begins anew, since its beginning is compared";
    reasons.put("MappingTable.searchedTo", search);
    reasons.put("MappingTable.searchedSize", search);
    reasons.put("TimerQueue.sequence", "only the order counts");
    reasons.put("QueuedTimer.sequence", "only the order counts");
    reasons.put("QueuedTimer.turn", "set with the deadline, which is compared");
    String clock = "only of a clock that has started, which is compared";
    reasons.put("GuestClock.start", clock);
    reasons.put("GuestClock.hostStart", clock);
    reasons.put("GuestClock.frozen", clock);
    reasons.put("GuestClock.ahead", clock);
    reasons.put("MappingChanges.pinned", "pages of the library, where a guest can map nothing");
    reasons.put("CallOutcome.kind", call);
    reasons.put("CallOutcome.number", call);
    reasons.put("CallOutcome.what", call);
    String tables = "a page that was a table is not one again";
    reasons.put("TablePages.first", tables);
    reasons.put("TablePages.next", tables);
    reasons.put("TablePages.retired", tables);
    reasons.put("ProcessFiles.paths", "made of the root when it is first needed");
    reasons.put("Descriptors.closeOnExec", "compared for those that are open, by the Linux view");
    reasons.put("ProcessTimers.intervals", "made at first use, and compared by the Linux view");
    reasons.put("PageHolders.last", "a cache");
    reasons.put("ProcessorUsage.thread", "only after a look in the same call");
    reasons.put("ProcessorUsage.threadNanos", "only after a look in the same call");
    String counter = "of the host's counter and of the vCPU's";
    reasons.put("Vdso.host", counter);
    reasons.put("Vdso.epoch", counter);
    reasons.put("Vdso.usable", counter);
    reasons.put("Vdso.offset", counter);
    reasons.put("Vdso.sequence", "no number comes twice");
    reasons.put("ProcessorUsage.sleptNanos", call);
    reasons.put("ProcessorUsage.furtherNanos", call);
    reasons.put("StandardStreams.lastErrors", call);
    String own = "the thread of a vCPU, which stands still";
    reasons.put("VcpuThread.asleep", own);
    reasons.put("VcpuThread.target", own);
    reasons.put("VcpuThread.thread", own);
    reasons.put("VcpuThread.lost", own);
    reasons.put("VcpuThread.state", own);
    reasons.put("VcpuThread.waiter", own);
    reasons.put("VcpuThread.result", own);
    reasons.put("SharedMemoryTransport.patience", "adapts to how long calls take");
    reasons.put("SharedMemoryTransport.patienceOfGuest", "adapts to how long calls take");
    reasons.put("SharedMemoryTransport.answer", "of the last message");
    reasons.put("SharedMemoryTransport.secondAnswer", "of the last message");
    reasons.put("SharedMemoryTransport.thirdAnswer", "of the last message");
    reasons.put("SharedMemoryTransport.messageNumber", "of the last message");
    reasons.put("SharedMemoryTransport.argument0", "of the last message");
    reasons.put("SharedMemoryTransport.argument1", "of the last message");
    reasons.put("SharedMemoryTransport.argument2", "of the last message");
    reasons.put("InodeStore.generation", "counts restores, so that open files notice them");
    reasons.put("CallHandlers.owner", "a cache, which is compared with a new one");
    reasons.put("CallHandlers.calls", "a cache, which is compared with a new one");
    reasons.put("CallHandlers.all", "a cache, which is compared with a new one");
    return Set.copyOf(reasons.keySet());
  }

  /**
   * Returns what is different in an instance that was restored. The new one is used up: it has more
   * memory afterwards.
   */
  public static List<String> differences(Instance newborn, Instance restored) {
    Machines.beginBudgetOf(newborn);
    Machines.beginBudgetOf(restored);
    HostGraph.Comparison comparison = HostGraph.compare(newborn, restored, FREE);
    List<String> differences = new ArrayList<>(comparison.differences());
    if (comparison.objects() < 100) {
      differences.add("only " + comparison.objects() + " objects were compared");
    }
    differences.addAll(SystemCallParts.differencesOfHandlers(Machines.systemCallsOf(restored)));
    differences.addAll(
        MachineState.differencesOfTeam(
            Machines.machineOf(newborn), Machines.machineOf(restored), FREE));
    return differences;
  }
}
