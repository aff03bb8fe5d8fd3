/** Checks that programs find in a sandbox what they find on Linux. */
@NullMarked
package io.hyperlight.linux;

import org.jspecify.annotations.NullMarked;
