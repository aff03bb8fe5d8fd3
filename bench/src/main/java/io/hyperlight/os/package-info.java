/** What the benchmark changes in the library's own package. */
@NullMarked
package io.hyperlight.os;

import org.jspecify.annotations.NullMarked;
