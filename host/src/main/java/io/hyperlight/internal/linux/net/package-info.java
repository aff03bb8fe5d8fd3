/** The network, which there is none of. */
@NullMarked
package io.hyperlight.internal.linux.net;

import org.jspecify.annotations.NullMarked;
