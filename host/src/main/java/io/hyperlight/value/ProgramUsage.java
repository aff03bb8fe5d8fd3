package io.hyperlight.value;

import java.time.Duration;

/**
 * Reports what a program has used.
 *
 * @param wallTime the time from its start to its end, without the creation of its sandbox
 * @param systemCalls how many Linux system calls it has made
 * @param memoryBytes the most guest memory that it had at one time, with page tables and what the
 *     sandbox itself needs
 */
public record ProgramUsage(Duration wallTime, long systemCalls, long memoryBytes) {}
