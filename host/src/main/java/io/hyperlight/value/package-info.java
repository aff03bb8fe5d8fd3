/**
 * Values that embedders and all layers of this library share, defined once: limits, statistics.
 * They are at the bottom, and use nothing of the library.
 */
@NullMarked
package io.hyperlight.value;

import org.jspecify.annotations.NullMarked;
