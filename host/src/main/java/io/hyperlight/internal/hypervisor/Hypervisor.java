package io.hyperlight.internal.hypervisor;

import java.util.List;

/** Makes virtual machines. Opened once, safe for use by many threads. */
public interface Hypervisor extends AutoCloseable {
  /** What this is, in a word or two for people: the device, for example. */
  String name();

  /** Which version of it, for people. */
  String version();

  /** What it can do, in its own words, for people. */
  List<String> capabilities();

  /** Whether its virtual machines can find written pages in this way. */
  boolean offers(DirtyTracking tracking);

  /**
   * Makes a virtual machine without memory.
   *
   * @param tracking how the pages are found that its guest writes
   * @throws HypervisorCallException if that fails; nothing is left behind
   */
  VirtualMachine createVm(DirtyTracking tracking);

  @Override
  void close();
}
