/** The kinds of pseudo files: devices, links and texts. They are in no tree. */
@NullMarked
package io.hyperlight.internal.linux.pseudo;

import org.jspecify.annotations.NullMarked;
