/** The system calls of the network, which are all refused. */
@NullMarked
package io.hyperlight.internal.linux.net;

import org.jspecify.annotations.NullMarked;
