/**
 * Contains micro-benchmarks for JMH. JMH has profilers: {@code hyperlight bench --jmh -prof gc}.
 * These benchmarks have no floor. Use {@code hyperlight bench} to compare.
 */
@NullMarked
package io.hyperlight.bench.jmh;

import org.jspecify.annotations.NullMarked;
