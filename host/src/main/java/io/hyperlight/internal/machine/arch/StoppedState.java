package io.hyperlight.internal.machine.arch;

/**
 * The whole processor state of user code that stopped at a system call. Immutable. {@link
 * Processor#stop} restores it.
 */
public interface StoppedState {}
