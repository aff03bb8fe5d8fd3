package io.hyperlight.project;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.properties.HasModifiers;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.hyperlight.Sandbox;
import io.hyperlight.error.GuestException;
import io.hyperlight.internal.host.HostPlatform;
import io.hyperlight.internal.os.LibraryThreads;
import io.hyperlight.internal.os.Posix;
import io.hyperlight.testing.ClassCycles;
import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.NotInHardwareLane;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The packages are layers, and only the lowest touches native code. */
@NotInHardwareLane("No VM takes part.")
@Tag("slow")
class ArchitectureTest {
  /** From the top down. Each may use those below it. */
  private static final List<String> LAYERS =
      List.of(
          "io.hyperlight",
          "io.hyperlight.internal.host",
          "io.hyperlight.internal.pool",
          "io.hyperlight.internal.snapshot",
          "io.hyperlight.internal.call",
          "io.hyperlight.internal.loader",
          "io.hyperlight.internal.linux",
          "io.hyperlight.internal.linux.procfs",
          "io.hyperlight.internal.linux.task",
          "io.hyperlight.internal.linux.timer",
          "io.hyperlight.internal.linux.net",
          "io.hyperlight.internal.linux.proc",
          "io.hyperlight.internal.linux.futex",
          "io.hyperlight.internal.linux.mm",
          "io.hyperlight.internal.linux.fs",
          "io.hyperlight.internal.linux.fd",
          "io.hyperlight.internal.linux.pseudo",
          "io.hyperlight.internal.linux.random",
          "io.hyperlight.internal.linux.trace",
          "io.hyperlight.internal.linux.signal",
          "io.hyperlight.internal.linux.time",
          "io.hyperlight.internal.linux.wait",
          "io.hyperlight.internal.linux.base",
          "io.hyperlight.internal.linux.limits",
          "io.hyperlight.internal.linux.x86",
          "io.hyperlight.internal.vfs.archive",
          "io.hyperlight.internal.vfs.memory",
          "io.hyperlight.internal.vfs.host",
          "io.hyperlight.internal.vfs",
          "io.hyperlight.internal.machine",
          "io.hyperlight.internal.machine.x86",
          "io.hyperlight.internal.machine.arch",
          "io.hyperlight.internal.machine.memory",
          "io.hyperlight.internal.machine.memory.x86",
          "io.hyperlight.internal.hypervisor.kvm",
          "io.hyperlight.internal.hypervisor.x86",
          "io.hyperlight.internal.hypervisor",
          "io.hyperlight.internal.abi",
          "io.hyperlight.internal.restore",
          "io.hyperlight.spi",
          "io.hyperlight.error",
          "io.hyperlight.value",
          "io.hyperlight.internal.os");

  /** What embedders see: the API at the top, and at the bottom what all layers use of it. */
  private static final List<String> EXPORTED =
      List.of("io.hyperlight", "io.hyperlight.error", "io.hyperlight.value");

  /** What the runtime modules see in addition. */
  private static final String FOR_RUNTIMES = "io.hyperlight.spi";

  private static final JavaClasses LIBRARY = importLibrary();

  private static JavaClasses importLibrary() {
    // Names of the JDK's classes are all that is needed: reading them takes seconds.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter().importPath(ClassFolder.of(Sandbox.class));
  }

  @Test
  void everyPackageIsALayer() {
    assertThat(LIBRARY.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(LAYERS);
  }

  @Test
  void packagesDependOnThoseBelowOnly() {
    for (int i = 1; i < LAYERS.size(); i++) {
      String[] above = LAYERS.subList(0, i).toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(LAYERS.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(above)
          .check(LIBRARY);
    }
  }

  @Test
  void filesKnowNothingOfMachines() {
    noClasses()
        .that()
        .resideInAPackage("io.hyperlight.internal.vfs..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.hyperlight.internal.machine..", "io.hyperlight.internal.hypervisor.kvm")
        .check(LIBRARY);
  }

  /** So many classes may refer to each other in a circle. */
  private static final int LARGEST_CYCLE = 5;

  /** The types of the API name each other by nature, but not without bounds. */
  private static final int LARGEST_CYCLE_OF_API = 12;

  @Test
  void fewClassesReferToEachOtherInACircle() throws Exception {
    Map<String, List<SortedSet<String>>> cycles = ClassCycles.in(ClassFolder.of(Sandbox.class));
    assertThat(cycles).as("the rule sees cycles").isNotEmpty();
    cycles.forEach((name, components) -> {
      int largest = EXPORTED.contains(name) ? LARGEST_CYCLE_OF_API : LARGEST_CYCLE;
      assertThat(components)
          .as("classes of %s that refer to each other in a circle", name)
          .allMatch(component -> component.size() <= largest);
    });
  }

  @Test
  void onlyWhoeverChoosesTheHypervisorKnowsAnImplementation() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.hyperlight.internal.hypervisor.kvm")
        .and()
        .doNotBelongToAnyOf(HostPlatform.class)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.hyperlight.internal.hypervisor.kvm")
        .check(LIBRARY);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("(io.hyperlight..)").should().beFreeOfCycles().check(LIBRARY);
  }

  @Test
  void theLibraryUsesTheJdksBaseModuleOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("io.hyperlight..", "java..", "org.jspecify.annotations")
        .check(LIBRARY);
    assertThat(descriptor().requires().stream().map(ModuleDescriptor.Requires::name))
        .containsExactlyInAnyOrder("java.base", "org.jspecify");
    assertThat(descriptor().requires())
        .filteredOn(requires -> requires.name().equals("org.jspecify"))
        .allMatch(
            requires -> requires.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC));
  }

  @Test
  void onlyTheApiIsExportedAndNothingIsOpen() {
    ModuleDescriptor module = descriptor();
    assertThat(module.name()).isEqualTo("hyperlight");
    assertThat(
            module.exports().stream()
                .filter(exports -> !exports.isQualified())
                .map(ModuleDescriptor.Exports::toString))
        .containsExactlyInAnyOrderElementsOf(EXPORTED);
    assertThat(module.exports())
        .filteredOn(ModuleDescriptor.Exports::isQualified)
        .singleElement()
        .satisfies(exports -> {
          assertThat(exports.source()).isEqualTo(FOR_RUNTIMES);
          assertThat(exports.targets()).allMatch(name -> name.startsWith("hyperlight.runtime."));
        });
    assertThat(module.isOpen()).isFalse();
    assertThat(module.opens()).isEmpty();
    assertThat(module.uses()).isEmpty();
    assertThat(module.provides()).isEmpty();
  }

  private static ModuleDescriptor descriptor() {
    return ModuleFinder.of(ClassFolder.of(Sandbox.class)).findAll().iterator().next().descriptor();
  }

  @Test
  void noTypeOfALowerLayerIsPartOfTheApi() {
    Set<String> exposed =
        LIBRARY.stream()
            .filter(type -> EXPORTED.contains(type.getPackageName()))
            .filter(ArchitectureTest::isApi)
            .flatMap(type -> type.getCodeUnits().stream())
            .filter(ArchitectureTest::isApi)
            .flatMap(unit -> unit.getAllInvolvedRawTypes().stream())
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith("io.hyperlight"))
            .collect(Collectors.toSet());
    exposed.remove(
        FOR_RUNTIMES); // used in one method, which only code that sees this package can call
    assertThat(EXPORTED).containsAll(exposed);
  }

  /**
   * The maximum number of types in the main package. Exceptions and values have packages of their
   * own.
   */
  private static final int MAX_API_TYPES = 25;

  @Test
  void theApiIsSmall() {
    Set<String> types =
        LIBRARY.stream()
            .filter(type -> type.getPackageName().equals("io.hyperlight"))
            .filter(type -> isApi(type) && !type.isNestedClass())
            .map(JavaClass::getSimpleName)
            .collect(Collectors.toSet());
    assertThat(types).contains("Sandbox").hasSizeLessThanOrEqualTo(MAX_API_TYPES);
  }

  @Test
  void everyExceptionIsInItsPackageAndWhatGuestsDoIsSealed() {
    assertThat(
            LIBRARY.stream()
                .filter(type -> EXPORTED.contains(type.getPackageName()))
                .filter(type -> type.getSimpleName().endsWith("Exception"))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toSet()))
        .containsExactly("io.hyperlight.error");
    assertThat(GuestException.class.isSealed()).isTrue();
    assertThat(GuestException.class.getPermittedSubclasses())
        .isNotEmpty()
        .allMatch(type -> Modifier.isFinal(type.getModifiers()));
  }

  @Test
  void valuesAndExtensionsKnowNothingOfTheLibrary() {
    noClasses()
        .that()
        .resideInAnyPackage("io.hyperlight.value", "io.hyperlight.error", "io.hyperlight.spi")
        .should()
        .dependOnClassesThat(
            resideInAPackage("io.hyperlight..")
                .and(
                    not(
                        JavaClass.Predicates.resideInAnyPackage(
                            "io.hyperlight.value",
                            "io.hyperlight.error",
                            "io.hyperlight.spi",
                            "io.hyperlight.internal.os"))))
        .check(LIBRARY);
  }

  private static boolean isApi(HasModifiers declaration) {
    return declaration.getModifiers().contains(JavaModifier.PUBLIC)
        || declaration.getModifiers().contains(JavaModifier.PROTECTED);
  }

  @Test
  void onlyOneClassCallsRestrictedMethods() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(Posix.class)
        .should()
        .callMethodWhere(target(isRestricted()))
        .check(LIBRARY);
    // And the rule sees such calls: that class makes them.
    assertThat(
            LIBRARY.get(Posix.class).getMethodCallsFromSelf().stream()
                .map(JavaMethodCall::getTarget)
                .filter(isRestricted())
                .map(AccessTarget::getName))
        .contains("reinterpret", "downcallHandle");
  }

  /** The methods of the JDK that are documented as restricted. */
  private static DescribedPredicate<AccessTarget> isRestricted() {
    return new DescribedPredicate<>("is a restricted method") {
      @Override
      public boolean test(AccessTarget target) {
        return isNamed(target, MemorySegment.class, "reinterpret")
            || isNamed(target, AddressLayout.class, "withTargetLayout")
            || isNamed(target, Linker.class, "downcallHandle", "upcallStub")
            || isNamed(target, SymbolLookup.class, "libraryLookup")
            || isNamed(target, ModuleLayer.Controller.class, "enableNativeAccess")
            || isNamed(target, System.class, "load", "loadLibrary")
            || isNamed(target, Runtime.class, "load", "loadLibrary");
      }
    };
  }

  private static boolean isNamed(AccessTarget target, Class<?> owner, String... names) {
    return target.getOwner().isEquivalentTo(owner) && List.of(names).contains(target.getName());
  }

  @Test
  void threadsAreMadeInOnePlaceOnly() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(LibraryThreads.class)
        .should()
        .callMethodWhere(target(makesThreads()))
        .orShould()
        .callConstructorWhere(target(owner(type(Thread.class))))
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.Timer")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.ref.Cleaner")
        .orShould()
        .dependOnClassesThat()
        .haveSimpleNameStartingWith("ForkJoin")
        .check(LIBRARY);
    // And the rule sees such calls: that class makes them.
    assertThat(
            LIBRARY.get(LibraryThreads.class).getMethodCallsFromSelf().stream()
                .map(JavaMethodCall::getTarget)
                .filter(makesThreads())
                .map(AccessTarget::getName))
        .contains("ofPlatform");
  }

  private static DescribedPredicate<AccessTarget> makesThreads() {
    return new DescribedPredicate<>("makes threads") {
      @Override
      public boolean test(AccessTarget target) {
        return isNamed(target, Thread.class, "ofPlatform", "ofVirtual", "startVirtualThread")
            || target.getOwner().isEquivalentTo(Executors.class)
            || target.getOwner().isEquivalentTo(CompletableFuture.class);
      }
    };
  }

  @Test
  void nativeFunctionsAreLinkedInTheLowestLayerOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.hyperlight.internal.os")
        .should()
        .dependOnClassesThat(type(Linker.class).or(type(SymbolLookup.class)))
        .check(LIBRARY);
  }

  @Test
  void nativeMemoryIsAllocatedByTheTwoLowestLayersOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.hyperlight.internal.os", "io.hyperlight.internal.hypervisor.kvm")
        .should()
        .accessTargetWhere(target(owner(type(Arena.class))))
        .check(LIBRARY);
    noClasses()
        .that(not(resideInAPackage("io.hyperlight.internal.machine..")))
        .and()
        .resideOutsideOfPackages("io.hyperlight.internal.os", "io.hyperlight.internal.hypervisor..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign")
        .check(LIBRARY);
  }

  @Test
  void everyPackageIsNullMarked() {
    for (String layer : LAYERS) {
      JavaPackage layerPackage = LIBRARY.getPackage(layer);
      assertThat(layerPackage.isAnnotatedWith(NullMarked.class)).as(layer).isTrue();
    }
  }

  @Test
  void thereIsNoOtherWayToNativeMemory() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("sun.misc.Unsafe")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("jdk.internal..", "sun..")
        .check(LIBRARY);
  }
}
