/** What tests share: guests from C source text, and a model of the guest ABI's values. */
@NullMarked
package io.hyperlight.testing;

import org.jspecify.annotations.NullMarked;
