/**
 * Micro-benchmarks for JMH, which has profilers: {@code hyperlight bench --jmh -prof gc}. They have
 * no floor; figures for comparison come from {@code hyperlight bench}.
 */
@NullMarked
package io.hyperlight.bench.jmh;

import org.jspecify.annotations.NullMarked;
