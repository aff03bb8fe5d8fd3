/** Kinds of pseudo files: devices, links and texts that are in no tree. */
@NullMarked
package io.hyperlight.internal.linux.pseudo;

import org.jspecify.annotations.NullMarked;
