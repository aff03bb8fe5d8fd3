/**
 * The pseudo files that Linux programs take for granted: {@code /dev}, {@code /proc}, {@code /sys}.
 */
@NullMarked
package io.hyperlight.internal.linux.procfs;

import org.jspecify.annotations.NullMarked;
