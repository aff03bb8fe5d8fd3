package io.hyperlight.bench;

import java.util.List;

/**
 * What a run has measured.
 *
 * @param machine where
 * @param rows what
 */
record Results(Machine machine, List<Row> rows) {}
