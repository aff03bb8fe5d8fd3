/** Tests of snapshots and their files. A restore must leave nothing of what happened before. */
@NullMarked
package io.hyperlight.snapshots;

import org.jspecify.annotations.NullMarked;
