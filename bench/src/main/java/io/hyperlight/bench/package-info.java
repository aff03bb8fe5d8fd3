/**
 * Implements the benchmark, {@code hyperlight bench}. It measures the library through its public
 * API and compares it with the floor. The floor is a C program that does the same work with bare
 * KVM. The library and the floor take turns in one run.
 *
 * <p>{@link io.hyperlight.bench.Benchmarks} lists the benchmarks and {@link
 * io.hyperlight.bench.Run} measures them. {@link io.hyperlight.bench.Floor} runs the C program. A
 * {@link io.hyperlight.bench.Row} is a result. {@link io.hyperlight.bench.Rivals} compares with
 * other ways to run code. Each of them is a {@link io.hyperlight.bench.Rival}. docs/performance.md
 * says how to read the results.
 *
 * <p>In this package, "ours" means the library and its measurements.
 */
@NullMarked
package io.hyperlight.bench;

import org.jspecify.annotations.NullMarked;
