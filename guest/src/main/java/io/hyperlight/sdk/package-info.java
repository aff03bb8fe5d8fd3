/**
 * Compiles guests. {@link io.hyperlight.sdk.GuestCompiler} runs the C compiler with the header, the
 * library and the options that a guest needs. The command line and builds use it. A program that
 * only runs guests does not need it.
 */
@NullMarked
package io.hyperlight.sdk;

import org.jspecify.annotations.NullMarked;
