package io.hyperlight.internal.machine;

import static io.hyperlight.internal.machine.memory.PhysicalMemory.PAGE_SIZE;

import io.hyperlight.internal.machine.arch.Architecture;
import io.hyperlight.internal.machine.arch.ContextRegisters;
import io.hyperlight.internal.machine.memory.AddressSpace;
import io.hyperlight.internal.machine.memory.Protection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of a VM, by their numbers, and its vCPUs, by theirs. The main one has number 0 and
 * always exists. The others begin by a {@linkplain Context#fork fork}. A number that is free again
 * is used again.
 *
 * <p>The number is also that of the page in which a context is saved. The pages are mapped when the
 * second context begins, one for each context that there is at the same time. They stay until a
 * restore.
 */
final class Contexts {
  private final Architecture kind;
  private final Vcpu vcpu;
  private final Context main;

  /** By number. Free numbers have null, and the last element is not null. */
  private final List<@Nullable Context> all = new ArrayList<>(1);

  /** The number of save areas that are mapped. It is 0 as long as there was only one context. */
  private int areas;

  private List<Vcpu> further = List.of();

  Contexts(Architecture kind, Vcpu vcpu, Context main) {
    this.kind = kind;
    this.vcpu = vcpu;
    this.main = main;
    all.add(main);
  }

  /** Returns all contexts, in the order of their numbers. */
  List<Context> all() {
    List<Context> present = new ArrayList<>();
    for (Context context : all) {
      if (context != null) {
        present.add(context);
      }
    }
    return present;
  }

  Context main() {
    return main;
  }

  /** Returns the context with a number, or null if there is none. */
  @Nullable Context get(int number) {
    return number < all.size() ? all.get(number) : null;
  }

  /** Returns whether there is only the main context, and there never was another one. */
  boolean isSingle() {
    return areas == 0;
  }

  /**
   * Makes a context that stands where another one does.
   *
   * @throws ContextsRefusedException if there can be no other context
   * @throws io.hyperlight.internal.machine.memory.GuestMemoryExhaustedException if there is no
   *     memory for its save area
   */
  Context fork(Context parent) {
    if (vcpu.runner().hasOwnThread()) {
      throw new ContextsRefusedException(ContextsRefusedException.Reason.EXITLESS);
    }
    int number = freeNumber();
    if (number == kind.maximumContexts()) {
      throw new ContextsRefusedException(ContextsRefusedException.Reason.TOO_MANY);
    }
    AddressSpace space = parent.addressSpace();
    if (areas == 0) {
      begin(space);
    }
    if (number == areas) {
      mapArea(space, number);
      areas++;
    }
    ContextRegisters registers = vcpu.processor().newContext();
    useArea(registers, space, number);
    Context child = parent.child(number, registers);
    put(number, child);
    return child;
  }

  private int freeNumber() {
    int number = all.indexOf(null);
    return number < 0 ? all.size() : number;
  }

  private void put(int number, Context context) {
    while (all.size() <= number) {
      all.add(null);
    }
    all.set(number, context);
  }

  private void mapArea(AddressSpace space, int number) {
    space.map(kind.saveArea(number), PAGE_SIZE, Protection.READ_WRITE);
  }

  private void useArea(ContextRegisters registers, AddressSpace space, int number) {
    long area = kind.saveArea(number);
    registers.useSaveArea(area, space.pin(area));
  }

  /** Returns the first vCPU. */
  Vcpu first() {
    return vcpu;
  }

  /** Returns a vCPU by its number. */
  Vcpu vcpu(int processor) {
    return processor == 0 ? vcpu : further.get(processor - 1);
  }

  /** Sets the further vCPUs of the VM. */
  void useFurther(List<Vcpu> vcpus) {
    further = vcpus;
  }

  /**
   * Finishes what vCPUs have exited for, if an exit was not handled yet. None of them runs.
   *
   * @return false if the state of one is unknown
   */
  boolean settle() {
    for (int i = 0; i <= further.size(); i++) {
      Vcpu each = vcpu(i);
      Context attached = each.attached();
      if (attached == null ? !each.runner().settle() : !attached.settle()) {
        return false;
      }
    }
    return true;
  }

  /** Forgets a context that has ended. */
  void remove(Context context) {
    int number = context.number();
    if (number > 0 && get(number) == context) {
      all.set(number, null);
      while (all.getLast() == null) {
        all.removeLast();
      }
    }
  }

  /** Says that the VM is closed: none of them runs again. */
  void close() {
    for (int i = 0; i < all.size(); i++) { // an iterator or a list would need room in the heap
      Context context = all.get(i);
      if (context != null) {
        context.end();
      }
    }
  }

  // Images.

  /** Makes the save area of the main context, if there is none. Afterwards it can be frozen. */
  private void begin(AddressSpace space) {
    mapArea(space, 0);
    useArea(main.processorState(), space, 0);
    areas = 1;
  }

  /** Returns all contexts for an image, with their vector state in memory. */
  ContextImages freeze() {
    if (areas == 0) {
      begin(main.addressSpace());
    }
    List<ContextImage> frozen = new ArrayList<>();
    for (Context context : all()) {
      frozen.add(context.freeze());
    }
    Context attached = vcpu.attached();
    return new ContextImages(List.copyOf(frozen), areas, attached == null ? -1 : attached.number());
  }

  /** Makes the contexts equal to those of an image, after memory and address space. */
  void restore(ContextImages image) {
    if (image.isEmpty()) {
      while (all.size() > 1) {
        all.removeLast();
      }
      areas = 0;
      main.beginAlone();
    } else {
      restoreSeveral(image);
    }
  }

  private void restoreSeveral(ContextImages image) {
    AddressSpace space = main.addressSpace();
    if (areas == 0) {
      useArea(main.processorState(), space, 0);
    }
    areas = image.areas();
    vcpu.processor().beginParked();
    vcpu.attach(null);
    int next = 0;
    for (ContextImage frozen : image.all()) {
      int number = frozen.number();
      while (next < number && next < all.size()) {
        all.set(next++, null);
      }
      next = number + 1;
      Context context = get(number);
      if (context == null) {
        ContextRegisters registers = vcpu.processor().newContext();
        useArea(registers, space, number);
        context = main.sibling(number, registers);
        put(number, context);
      }
      context.restore(frozen);
    }
    while (all.size() > next) {
      all.removeLast();
    }
    Context attached = image.attached() < 0 ? null : get(image.attached());
    if (attached != null) {
      attached.unpark();
    }
  }
}
