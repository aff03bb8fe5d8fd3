/**
 * The state that a restore makes equal to an image, and the order of its parts. This package does
 * not know what the state is.
 */
@NullMarked
package io.hyperlight.internal.restore;

import org.jspecify.annotations.NullMarked;
