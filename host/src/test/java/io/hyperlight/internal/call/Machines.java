package io.hyperlight.internal.call;

import io.hyperlight.internal.machine.Machine;

/** For tests in other packages: what an instance is made of at the moment. */
public final class Machines {
  private Machines() {}

  public static Machine machineOf(Instance instance) {
    return instance.loaded().machine();
  }

  /** The address of the call frame. */
  public static long frameOf(Instance instance) {
    return instance.loaded().layout().frame();
  }

  /** Where the window begins. */
  public static long windowOf(Instance instance) {
    return instance.loaded().window().start();
  }
}
