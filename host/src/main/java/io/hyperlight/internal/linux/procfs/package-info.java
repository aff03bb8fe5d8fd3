/** The pseudo files that Linux programs expect: {@code /dev}, {@code /proc}, {@code /sys}. */
@NullMarked
package io.hyperlight.internal.linux.procfs;

import org.jspecify.annotations.NullMarked;
