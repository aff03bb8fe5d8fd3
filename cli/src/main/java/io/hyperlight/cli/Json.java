package io.hyperlight.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.hyperlight.FunctionDeclaration;
import io.hyperlight.Guest;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** Writes the output of {@code --json}: one object. docs/programs.md lists its keys. */
final class Json {
  /** Writes the members of the object. */
  @FunctionalInterface
  interface Members {
    void write(JsonGenerator json) throws IOException;
  }

  private Json() {}

  /**
   * Prints an object. Characters outside ASCII are escaped, so that bytes that are not text
   * survive.
   */
  static void print(Members members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json =
        JsonFactory.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .build()
            .createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      members.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.println(text);
  }

  /** Writes the functions of a guest as the members {@code exports} and {@code imports}. */
  static void writeFunctions(JsonGenerator json, Guest guest) throws IOException {
    writeFunctions(json, "exports", guest.exports());
    writeFunctions(json, "imports", guest.imports());
  }

  private static void writeFunctions(
      JsonGenerator json, String key, List<FunctionDeclaration> functions) throws IOException {
    json.writeArrayFieldStart(key);
    for (FunctionDeclaration function : functions) {
      json.writeStartObject();
      json.writeStringField("name", function.name());
      json.writeStringField("declaration", function.declaration());
      json.writeStringField("result", function.type().returnType().getSimpleName());
      json.writeArrayFieldStart("parameters");
      for (Class<?> parameter : function.type().parameterList()) {
        json.writeString(parameter.getSimpleName());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
