/**
 * Implements the {@code hyperlight} command, with one class for each subcommand. The command uses
 * only the library's public API.
 */
@NullMarked
package io.hyperlight.cli;

import org.jspecify.annotations.NullMarked;
