/** Holds what all families of system calls use: the guest's memory and a call's outcome. */
@NullMarked
package io.hyperlight.internal.linux.base;

import org.jspecify.annotations.NullMarked;
