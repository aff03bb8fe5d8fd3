/** Tests of guests with several threads. */
@NullMarked
package io.hyperlight.threads;

import org.jspecify.annotations.NullMarked;
