/** Memory: what is mapped, of what, and the system calls that change it. */
@NullMarked
package io.hyperlight.internal.linux.mm;

import org.jspecify.annotations.NullMarked;
