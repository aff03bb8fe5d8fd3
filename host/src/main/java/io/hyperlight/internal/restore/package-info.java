/** What a restore makes equal to an image, and in which order. Knows nothing of what that is. */
@NullMarked
package io.hyperlight.internal.restore;

import org.jspecify.annotations.NullMarked;
