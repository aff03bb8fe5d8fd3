/** Tests of what happens when the host runs out of a resource, or its calls fail. */
@NullMarked
package io.hyperlight.resilience;

import org.jspecify.annotations.NullMarked;
