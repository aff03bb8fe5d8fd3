/** Tests of what a hostile guest can do. It must not affect anything outside of its sandbox. */
@NullMarked
package io.hyperlight.containment;

import org.jspecify.annotations.NullMarked;
