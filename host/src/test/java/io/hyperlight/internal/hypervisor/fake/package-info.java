/**
 * A hypervisor without virtual machines: replays what was recorded of a real one, and refuses what
 * that would refuse. The second implementation of {@link io.hyperlight.internal.hypervisor}.
 */
package io.hyperlight.internal.hypervisor.fake;
