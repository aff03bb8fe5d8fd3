/** Tests with C, Rust, Lua, Python and libraries as distributions have them. */
@NullMarked
package io.hyperlight.languages;

import org.jspecify.annotations.NullMarked;
