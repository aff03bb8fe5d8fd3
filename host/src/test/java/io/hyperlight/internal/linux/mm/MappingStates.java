package io.hyperlight.internal.linux.mm;

/** Describes the saved mappings, for tests in other packages. */
public final class MappingStates {
  private MappingStates() {}

  /** Returns a description. It is equal for equal states. */
  public static String describe(MappingState state) {
    StringBuilder areas = new StringBuilder(state.isInitial() ? "as at the start" : "");
    for (MappingState.SavedArea saved : state.areas()) {
      MappedArea area = saved.area();
      areas.append(" 0x%x-0x%x %s".formatted(area.start(), area.end(), area.protection()));
    }
    return areas.toString();
  }
}
