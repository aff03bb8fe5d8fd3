package io.hyperlight.value;

import java.time.Duration;

/**
 * What a program has used.
 *
 * @param wallTime from its start to its end, without the making of its sandbox
 * @param systemCalls how many Linux system calls it has made
 * @param memoryBytes how much of its memory it had at most, with page tables and what the sandbox
 *     itself needs
 */
public record ProgramUsage(Duration wallTime, long systemCalls, long memoryBytes) {}
