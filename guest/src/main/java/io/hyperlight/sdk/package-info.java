/**
 * Builds guest programs: {@link io.hyperlight.sdk.GuestCompiler} runs the C compiler with the
 * header, library and options that a guest needs. Used by the command line and by builds; a program
 * that only runs guests does not need it.
 */
@NullMarked
package io.hyperlight.sdk;

import org.jspecify.annotations.NullMarked;
