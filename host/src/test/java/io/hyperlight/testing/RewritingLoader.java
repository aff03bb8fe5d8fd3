package io.hyperlight.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;

/** Loads the library, and the tests' own classes, a second time, with other code in the library. */
abstract class RewritingLoader extends ClassLoader {
  /** The compiler of guests, a module of its own that does not use the library. */
  private static final String COMPILER = "io.hyperlight.sdk.";

  /** With this loader's classes for all but the library. */
  RewritingLoader() {
    super(RewritingLoader.class.getClassLoader());
    Module tests = RewritingLoader.class.getModule();
    tests.addExports(
        RewritingLoader.class.getPackageName(),
        getUnnamedModule()); // the class that the rewritten code calls
  }

  /** Whether a class of ours is the same for the library that is loaded a second time. */
  boolean isShared(String name) {
    return name.startsWith("io.hyperlight.testing.");
  }

  /** Whether a class of ours gets other code. */
  abstract boolean isRewritten(String name);

  /**
   * Returns the transformation of a method's code.
   *
   * @param type the internal name of its class
   */
  abstract CodeTransform transform(String type, MethodModel method);

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith("io.hyperlight.") || name.startsWith(COMPILER) || isShared(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      byte[] bytes = read(name);
      if (isRewritten(name)) {
        bytes = rewritten(bytes);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }
  }

  private static byte[] read(String name) throws ClassNotFoundException {
    String file = "/" + name.replace('.', '/') + ".class";
    try (InputStream in = RewritingLoader.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] rewritten(byte[] original) {
    ClassFile format =
        ClassFile.of(
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(RewritingLoader.class.getClassLoader())));
    return format.transformClass(
        format.parse(original),
        (builder, element) -> {
          if (element instanceof MethodModel method) {
            String type = method.parent().orElseThrow().thisClass().asInternalName();
            builder.transformMethod(
                method,
                (methodBuilder, methodElement) -> {
                  if (methodElement instanceof CodeModel code) {
                    methodBuilder.transformCode(code, transform(type, method));
                  } else {
                    methodBuilder.with(methodElement);
                  }
                });
          } else {
            builder.with(element);
          }
        });
  }
}
