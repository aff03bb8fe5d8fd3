/** What the benchmark changes in the library's own package. */
@NullMarked
package io.hyperlight.internal.os;

import org.jspecify.annotations.NullMarked;
