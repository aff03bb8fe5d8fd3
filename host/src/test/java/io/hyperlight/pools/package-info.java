/** Tests of pools of sandboxes. */
@NullMarked
package io.hyperlight.pools;

import org.jspecify.annotations.NullMarked;
