package io.hyperlight.internal.hypervisor.x86;

/**
 * A segment register with its hidden part.
 *
 * @param base linear address
 * @param limit in bytes, already scaled where {@code granularity} is set
 * @param selector 16 bits
 * @param type the descriptor's four type bits
 * @param present the P flag
 * @param privilegeLevel the descriptor's DPL, 0 to 3
 * @param defaultSize the D/B flag
 * @param codeOrData the S flag: false for a system segment
 * @param longMode the L flag
 * @param granularity the G flag
 * @param unusable no segment is loaded
 */
public record Segment(
    long base,
    int limit,
    int selector,
    int type,
    boolean present,
    int privilegeLevel,
    boolean defaultSize,
    boolean codeOrData,
    boolean longMode,
    boolean granularity,
    boolean unusable) {
  /** Returns the same segment with another base. */
  public Segment withBase(long changed) {
    return new Segment(
        changed,
        limit,
        selector,
        type,
        present,
        privilegeLevel,
        defaultSize,
        codeOrData,
        longMode,
        granularity,
        unusable);
  }
}
