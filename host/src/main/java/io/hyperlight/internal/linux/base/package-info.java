/** What all families of system calls use: the guest's memory, and what a call comes to. */
@NullMarked
package io.hyperlight.internal.linux.base;

import org.jspecify.annotations.NullMarked;
