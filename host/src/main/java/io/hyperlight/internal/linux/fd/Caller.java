package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.wait.TaskWait;
import io.hyperlight.internal.os.Checkpoint;

/**
 * Holds what an open file needs to know of the task that uses it. The file itself belongs to no
 * task.
 *
 * @param signals receives SIGPIPE for a pipe without readers
 * @param waiting by which the task waits
 * @param fileSize how large the task's process may make files
 * @param checkpoint where the running call can be ended
 */
public record Caller(
    TaskSignals signals, TaskWait waiting, FileSizeLimit fileSize, Checkpoint checkpoint) {}
