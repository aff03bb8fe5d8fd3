/** Tests of what a hostile guest can do: nothing to anybody else. */
@NullMarked
package io.hyperlight.containment;

import org.jspecify.annotations.NullMarked;
