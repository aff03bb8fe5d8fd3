package io.hyperlight.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hyperlight.testing.NotInHardwareLane;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of what a restore restores. */
@NotInHardwareLane("No VM takes part.")
class RestoreOrderTest {
  private final List<String> restored = new ArrayList<>();

  private final RestoreOrder<String> order =
      new RestoreOrder<String>()
          .add("first", image -> restored.add("first of " + image))
          .add("second", String::length, length -> restored.add("second of " + length))
          .add("third", image -> restored.add("third of " + image));

  @Test
  void partsAreRestoredInTheOrderInWhichTheyWereAdded() {
    order.restore("image");
    assertThat(restored).containsExactly("first of image", "second of 5", "third of image");
    assertThat(order.names()).containsExactly("first", "second", "third");
  }

  @Test
  void whatIsBehindAPartThatFailsIsNotRestored() {
    order.add(
        "failing",
        _ -> {
          throw new IllegalStateException("failing");
        });
    order.add("last", _ -> restored.add("last"));
    assertThatThrownBy(() -> order.restore("image")).hasMessage("failing");
    assertThat(restored).hasSize(3).doesNotContain("last");
  }

  @Test
  void twoPartsCannotHaveOneName() {
    assertThatThrownBy(() -> order.add("second", _ -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("second");
  }

  @Test
  void aPartThatIsLeftOutIsNotRestoredUntilItIsBackAgain() {
    try (Omission<String> _ = new Omission<>(order, "second")) {
      order.restore("image");
      assertThat(restored).containsExactly("first of image", "third of image");
    }
    order.restore("image");
    assertThat(restored).contains("second of 5");
  }
}
