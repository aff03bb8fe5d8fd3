package io.hyperlight.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a test, or a class of them, that the hardware lane leaves out. Either the emulated machine
 * cannot run it, or it repeats the native run at fifty times the cost.
 */
@Tag(NotInHardwareLane.TAG)
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface NotInHardwareLane {
  /** The tag that the lane excludes. */
  String TAG = "not-in-hardware-lane";

  /** Why. */
  String value();
}
