/**
 * Values that embedders and all layers of the library share: limits and statistics. Each is defined
 * once. This package is the lowest layer and uses nothing else of the library.
 */
@NullMarked
package io.hyperlight.value;

import org.jspecify.annotations.NullMarked;
