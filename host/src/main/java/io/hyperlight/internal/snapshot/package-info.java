/**
 * Snapshot files: writes an {@link io.hyperlight.internal.call.InstanceImage} to a file, and reads
 * it from there. The format is in docs/snapshot-format.md.
 */
@NullMarked
package io.hyperlight.internal.snapshot;

import org.jspecify.annotations.NullMarked;
