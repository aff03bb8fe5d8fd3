/** The examples in the Javadoc, which see no more of the library than a user does. */
@NullMarked
package io.hyperlight.snippets;

import org.jspecify.annotations.NullMarked;
