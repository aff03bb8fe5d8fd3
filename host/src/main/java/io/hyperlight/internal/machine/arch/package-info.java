/**
 * What a machine and all packages above it know of a processor, whatever its kind: why a guest
 * stopped, and what kind of fault that is. Each kind of processor has a package of its own beside
 * this one. No package above uses those.
 */
@NullMarked
package io.hyperlight.internal.machine.arch;

import org.jspecify.annotations.NullMarked;
