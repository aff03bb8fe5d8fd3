/** Tests of snapshots, of their files, and that a restore leaves nothing of what came before. */
@NullMarked
package io.hyperlight.snapshots;

import org.jspecify.annotations.NullMarked;
