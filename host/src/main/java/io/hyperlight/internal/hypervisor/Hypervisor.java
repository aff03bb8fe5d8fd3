package io.hyperlight.internal.hypervisor;

import java.util.List;

/** Makes virtual machines. It is opened once. Many threads may use it at the same time. */
public interface Hypervisor extends AutoCloseable {
  /** Returns its name for people, in a word or two: the device, for example. */
  String name();

  /** Returns its version, for people. */
  String version();

  /** Returns what it can do, in its own words, for people. */
  List<String> capabilities();

  /** Returns whether its virtual machines can find written pages in this way. */
  boolean offers(DirtyTracking tracking);

  /**
   * Makes a virtual machine without memory.
   *
   * @param tracking how the machine finds the pages that its guest writes
   * @throws HypervisorCallException if it fails; nothing is left behind
   */
  VirtualMachine createVm(DirtyTracking tracking);

  @Override
  void close();
}
