/**
 * The guest ABI: what both sides of the border have agreed on. Types and signatures of functions,
 * the call frame and where arguments go in it, text. Only numbers and values; a test compares them
 * with the guest library's header. Uses no other package.
 */
@NullMarked
package io.hyperlight.internal.abi;

import org.jspecify.annotations.NullMarked;
