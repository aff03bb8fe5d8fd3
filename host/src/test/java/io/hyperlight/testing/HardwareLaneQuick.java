package io.hyperlight.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** A test, or a class of them, in the part of the hardware lane that every build runs. */
@Tag(HardwareLaneQuick.TAG)
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface HardwareLaneQuick {
  /** The tag that the quick part of the lane includes. */
  String TAG = "hardware-lane-quick";
}
