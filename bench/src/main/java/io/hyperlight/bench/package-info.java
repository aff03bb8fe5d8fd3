/**
 * The benchmark: {@code hyperlight bench}. Measures the library through its public API against a C
 * program that does the same work of KVM and nothing else, the two taking turns in one run.
 *
 * <p>{@link io.hyperlight.bench.Benchmarks} lists what there is, {@link io.hyperlight.bench.Run}
 * measures, {@link io.hyperlight.bench.Floor} is the C program, {@link io.hyperlight.bench.Row} a
 * result. {@link io.hyperlight.bench.Rivals} compares with other ways to run code, each of them a
 * {@link io.hyperlight.bench.Rival}. How to read the results is told in docs/performance.md.
 */
@NullMarked
package io.hyperlight.bench;

import org.jspecify.annotations.NullMarked;
