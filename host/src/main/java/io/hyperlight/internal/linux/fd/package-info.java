/** Descriptors and open files, and the system calls that take a descriptor. */
@NullMarked
package io.hyperlight.internal.linux.fd;

import org.jspecify.annotations.NullMarked;
