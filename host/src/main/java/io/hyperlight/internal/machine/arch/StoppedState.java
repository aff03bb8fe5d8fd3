package io.hyperlight.internal.machine.arch;

/**
 * All processor state of user code that stopped at a system call. Immutable, for {@link
 * Processor#stop}.
 */
public interface StoppedState {}
