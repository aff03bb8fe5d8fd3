/** System calls that take the name of a file. */
@NullMarked
package io.hyperlight.internal.linux.fs;

import org.jspecify.annotations.NullMarked;
