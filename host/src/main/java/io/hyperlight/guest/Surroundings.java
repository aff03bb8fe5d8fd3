package io.hyperlight.guest;

import io.hyperlight.linux.Settings;
import io.hyperlight.linux.SystemCalls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the embedder gives to a guest, which is no part of its state: a restore leaves it as it is.
 *
 * @param bindings host functions by import number; null where there is no import of that number
 * @param output where it prints and logs
 * @param input of its standard input; null for a program that serves, which reads requests
 * @param settings of its system calls
 */
public record Surroundings(
    List<@Nullable HostBinding> bindings,
    GuestOutput output,
    SystemCalls.@Nullable Input input,
    Settings settings) {}
