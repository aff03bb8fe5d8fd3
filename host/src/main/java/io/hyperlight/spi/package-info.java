/**
 * What the modules of this library's runtimes add to guests: {@link io.hyperlight.spi.Channel
 * channels} and pseudo devices. Exported to those modules only, and so free to change.
 */
@NullMarked
package io.hyperlight.spi;

import org.jspecify.annotations.NullMarked;
