/**
 * Pools of things that are lent out, cleaned by threads of the pool's own, and lent out again. What
 * the things are is not known here: tests use other things than sandboxes. Depends on nothing.
 */
@NullMarked
package io.hyperlight.internal.pool;

import org.jspecify.annotations.NullMarked;
