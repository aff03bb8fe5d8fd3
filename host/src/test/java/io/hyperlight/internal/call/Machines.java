package io.hyperlight.internal.call;

import io.hyperlight.internal.linux.SystemCallParts;
import io.hyperlight.internal.linux.SystemCalls;
import io.hyperlight.internal.machine.Sabotage;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.internal.restore.RestoreOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** For tests in other packages: what an instance is made of at the moment. */
public final class Machines {
  private Machines() {}

  public static Vm machineOf(Instance instance) {
    return instance.loaded().machine();
  }

  /** The address of the call frame. */
  public static long frameOf(Instance instance) {
    return instance.loaded().layout().frame();
  }

  /** All orders in which a restore restores parts, by what they are of. */
  public static Map<String, RestoreOrder<?, ?>> restoreOrders() {
    Map<String, RestoreOrder<?, ?>> orders = new LinkedHashMap<>();
    orders.put("sandbox", LoadedProgram.RESTORE_ORDER);
    orders.put("machine", Sabotage.restoreOrder());
    orders.put("system calls", SystemCallParts.restoreOrder());
    return orders;
  }

  public static SystemCalls systemCallsOf(Instance instance) {
    return instance.loaded().systemCalls();
  }

  /** Begins what a call may use, as the next call does. */
  public static void beginBudgetOf(Instance instance) {
    instance.loaded().budget().begin();
  }

  /** Where the window begins. */
  public static long windowOf(Instance instance) {
    return instance.loaded().window().start();
  }
}
