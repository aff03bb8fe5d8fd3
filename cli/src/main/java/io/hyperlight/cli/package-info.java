/**
 * The {@code hyperlight} command: one class for each subcommand. Uses the library's public API
 * only.
 */
@NullMarked
package io.hyperlight.cli;

import org.jspecify.annotations.NullMarked;
