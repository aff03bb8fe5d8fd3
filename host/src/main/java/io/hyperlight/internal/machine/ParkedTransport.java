package io.hyperlight.internal.machine;

import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.arch.RegisterValues;

/**
 * The transport of a context that is not on a vCPU. Its last message can be read and answered. It
 * cannot run.
 */
final class ParkedTransport implements Transport {
  private final ContextRegisters context;

  ParkedTransport(ContextRegisters context) {
    this.context = context;
  }

  private static IllegalStateException parked() {
    return new IllegalStateException("the guest's thread is parked");
  }

  @Override
  public void enter(long gate, long frame) {
    throw parked();
  }

  @Override
  public long callNumber() {
    return context.parked().callNumber();
  }

  @Override
  public long argument(int index) {
    return context.parked().argument(index);
  }

  @Override
  public RegisterValues registers() {
    return context.parked().values();
  }

  @Override
  public RegisterValues registersAfterCall() {
    return context.parked().afterCall();
  }

  @Override
  public void setAnswer(long result) {
    context.parked().setAnswer(result);
  }

  @Override
  public void setMoreOfAnswer(long second, long third) {
    context.parked().setMoreOfAnswer(second, third);
  }

  @Override
  public void answer() {
    context.parked().resume();
  }

  @Override
  public Arrival run() {
    throw parked();
  }
}
