package io.hyperlight.internal.linux.fd;

import io.hyperlight.internal.linux.signal.TaskSignals;
import io.hyperlight.internal.linux.time.TaskWaits;
import io.hyperlight.internal.os.Checkpoint;

/**
 * What an open file needs of the task that uses it; the file itself belongs to nobody.
 *
 * @param signals hear of a pipe that nobody reads
 * @param waits is asked where the task would have to wait
 * @param fileSize how large the task's process may make files
 * @param checkpoint where the running call can be ended
 */
public record Caller(
    TaskSignals signals, TaskWaits waits, FileSizeLimit fileSize, Checkpoint checkpoint) {}
