/**
 * A hypervisor without virtual machines. It replays a recording of a real one, and refuses what the
 * real one would refuse. It is the second implementation of {@link
 * io.hyperlight.internal.hypervisor}.
 */
package io.hyperlight.internal.hypervisor.fake;
