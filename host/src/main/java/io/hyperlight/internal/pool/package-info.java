/**
 * Pools of items that are lent, cleaned by the pool's own threads, and lent again. The pool does
 * not know what the items are; tests use other items than sandboxes. The package depends only on
 * {@code io.hyperlight.internal.os} and on the public statistics type.
 */
@NullMarked
package io.hyperlight.internal.pool;

import org.jspecify.annotations.NullMarked;
