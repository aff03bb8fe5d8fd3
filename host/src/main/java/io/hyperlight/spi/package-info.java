/**
 * What the runtime modules of this library add to guests: {@link io.hyperlight.spi.Channel
 * channels} and pseudo devices. The package is exported to those modules only, so it may change at
 * any time.
 */
@NullMarked
package io.hyperlight.spi;

import org.jspecify.annotations.NullMarked;
