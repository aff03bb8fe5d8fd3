package io.hyperlight.project;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.testing.ClassFolder;
import io.hyperlight.testing.NotInHardwareLane;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests are in the package of the API only if they have to be. */
@NotInHardwareLane("No VM takes part.")
class PackageAccessTest {
  private static final String PACKAGE = "io/hyperlight/";

  /** The class files of the package, by the source that they are of. */
  private static Map<String, List<Path>> classFiles(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(PACKAGE))) {
      return files
          .filter(file -> file.toString().endsWith(".class"))
          .collect(
              groupingBy(
                  file -> source(file.getFileName().toString()),
                  TreeMap::new,
                  mapping(file -> file, toList())));
    }
  }

  /** Returns what is before the name of a nested class, or before the end of a file's name. */
  private static String source(String name) {
    return name.replaceFirst("[.$].*", "");
  }

  private static boolean isInPackage(String owner) {
    return owner.startsWith(PACKAGE) && owner.indexOf('/', PACKAGE.length()) < 0;
  }

  /** Whether a source's class refers to something that only its package can see. */
  private static boolean needsPackage(String source, Path file) throws Exception {
    ClassModel model = ClassFile.of().parse(file);
    for (PoolEntry entry : model.constantPool()) {
      String owner =
          switch (entry) {
            case MemberRefEntry member -> member.owner().asInternalName();
            case ClassEntry type -> type.asInternalName();
            default -> "";
          };
      if (isInPackage(owner) && !source(owner.substring(PACKAGE.length())).equals(source)) {
        Class<?> type = Class.forName(owner.replace('/', '.'), false, loader());
        if (!type.accessFlags().contains(AccessFlag.PUBLIC)
            || (entry instanceof MemberRefEntry member && !isPublic(type, member))) {
          return true;
        }
      }
    }
    return false;
  }

  private static ClassLoader loader() {
    return PackageAccessTest.class.getClassLoader();
  }

  private static boolean isPublic(Class<?> type, MemberRefEntry member) {
    String name = member.name().stringValue();
    String descriptor = member.type().stringValue();
    return Stream.of(
            Stream.of(type.getMethods())
                .filter(method -> method.getName().equals(name))
                .map(method ->
                    method.getReturnType().descriptorString() + method.getParameterCount()),
            Stream.of(type.getConstructors())
                .filter(_ -> name.equals("<init>"))
                .map(constructor -> "V" + constructor.getParameterCount()),
            Stream.of(type.getFields())
                .filter(field -> field.getName().equals(name))
                .map(field -> field.getType().descriptorString()))
        .flatMap(known -> known)
        .anyMatch(known -> known.equals(shape(descriptor)));
  }

  /** A method's result and how many parameters it has, or a field's type. */
  private static String shape(String descriptor) {
    if (!descriptor.startsWith("(")) {
      return descriptor;
    }
    MethodTypeDesc type = MethodTypeDesc.ofDescriptor(descriptor);
    return type.returnType().descriptorString() + type.parameterCount();
  }

  @Test
  void aTestStandsInTheApisPackageOnlyIfItNeedsWhatIsNotPublicThere() throws Exception {
    List<String> needless = new ArrayList<>();
    Map<String, List<Path>> sources = classFiles(ClassFolder.of(PackageAccessTest.class));
    for (Map.Entry<String, List<Path>> entry : sources.entrySet()) {
      boolean needs = false;
      for (Path file : entry.getValue()) {
        needs |= needsPackage(entry.getKey(), file);
      }
      if (!needs) {
        needless.add(entry.getKey());
      }
    }
    assertThat(sources).isNotEmpty();
    assertThat(needless).isEmpty();
  }
}
