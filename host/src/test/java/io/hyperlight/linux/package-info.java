/** Tests that a program finds in a sandbox what it finds on Linux. */
@NullMarked
package io.hyperlight.linux;

import org.jspecify.annotations.NullMarked;
