/** Tests of calls: values, functions of guest and host, deadlines, interrupts and threads. */
@NullMarked
package io.hyperlight.calls;

import org.jspecify.annotations.NullMarked;
