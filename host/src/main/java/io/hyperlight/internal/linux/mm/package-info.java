/** Memory: the mappings, their objects, and the system calls that change them. */
@NullMarked
package io.hyperlight.internal.linux.mm;

import org.jspecify.annotations.NullMarked;
