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

  private final RestoreOrder<List<String>, String> order =
      new RestoreOrder<List<String>, String>()
          .add("first", (list, image) -> list.add("first of " + image))
          .addAll(
              list -> list,
              new RestoreOrder<List<String>, String>()
                  .add("second", (list, image) -> list.add("second of " + image.length())))
          .add("third", (list, image) -> list.add("third of " + image));

  @Test
  void partsAreRestoredInTheOrderInWhichTheyWereAdded() {
    order.restore(restored, "image");
    assertThat(restored).containsExactly("first of image", "second of 5", "third of image");
    assertThat(order.names()).containsExactly("first", "second", "third");
  }

  @Test
  void whatIsBehindAPartThatFailsIsNotRestored() {
    order.add(
        "failing",
        (_, _) -> {
          throw new IllegalStateException("failing");
        });
    order.add("last", (list, _) -> list.add("last"));
    assertThatThrownBy(() -> order.restore(restored, "image")).hasMessage("failing");
    assertThat(restored).hasSize(3).doesNotContain("last");
  }

  @Test
  void twoPartsCannotHaveOneName() {
    assertThatThrownBy(() -> order.add("second", (_, _) -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("second");
  }

  @Test
  void aPartThatIsLeftOutIsNotRestoredUntilItIsBackAgain() {
    try (Omission<List<String>, String> _ = new Omission<>(order, "second")) {
      order.restore(restored, "image");
      assertThat(restored).containsExactly("first of image", "third of image");
    }
    order.restore(restored, "image");
    assertThat(restored).contains("second of 5");
  }
}
