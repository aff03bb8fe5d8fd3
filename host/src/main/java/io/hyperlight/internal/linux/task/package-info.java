/** World, process and task: who has what. */
@NullMarked
package io.hyperlight.internal.linux.task;

import org.jspecify.annotations.NullMarked;
