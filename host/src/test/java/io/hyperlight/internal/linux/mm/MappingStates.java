package io.hyperlight.internal.linux.mm;

/** For tests in other packages: what a snapshot keeps of mappings. */
public final class MappingStates {
  private MappingStates() {}

  /** In words that are equal if it is. */
  public static String describe(MappingState state) {
    StringBuilder areas = new StringBuilder(state.isInitial() ? "as at the start" : "");
    for (MappingState.SavedArea saved : state.areas()) {
      MappedArea area = saved.area();
      areas.append(" 0x%x-0x%x %s".formatted(area.start(), area.end(), area.protection()));
    }
    return areas.toString();
  }
}
