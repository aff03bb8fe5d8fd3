/** World, process and task, and what each of them owns. */
@NullMarked
package io.hyperlight.internal.linux.task;

import org.jspecify.annotations.NullMarked;
