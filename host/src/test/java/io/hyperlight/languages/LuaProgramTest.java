package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The unmodified Lua interpreter, a dynamic program, has the same results in a sandbox as outside.
 */
@NotInHardwareLane("ServedProgramTest runs the same program there.")
@Needs(Tool.LUA)
class LuaProgramTest {
  private static final Differential LUA =
      new Differential("/usr/bin/lua5.4", "lua5.4").withLibraries();

  private static Path folder = Path.of("");

  @BeforeAll
  static void writeScripts() throws IOException {
    folder = TemporaryFolder.create("lua");
    for (int i = 0; i < LuaGuestTest.SCRIPTS.size(); i++) {
      Files.writeString(
          folder.resolve(i + ".lua"),
          "print((function() " + LuaGuestTest.SCRIPTS.get(i) + "\nend)())");
    }
    Files.writeString(folder.resolve("module.lua"), "return {answer = 42}");
    LUA.with(folder);
  }

  static IntStream scripts() {
    return IntStream.range(0, LuaGuestTest.SCRIPTS.size());
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void aScriptDoesTheSame(int number) {
    LUA.assertSame(new byte[0], folder.resolve(number + ".lua").toString());
  }

  @Test
  void itReadsModulesFilesAndInput() {
    LUA.assertSame(
        "first\nsecond\n".getBytes(UTF_8),
        "-e",
        """
        package.path = '%s/?.lua'
        print(require('module').answer, io.read(), io.read('n'), io.read('a'))
        for line in io.lines('%s/0.lua') do print(#line) end
        print(io.open('/nowhere/x'), os.rename('/a', '/b'), os.getenv('HOME'), os.tmpname == nil)
        print(pcall(error, {code = 1}), select('#', table.unpack({}, 1, 3)))
        os.exit(5, true)
        """
            .formatted(folder, folder));
  }

  @Test
  void itFailsTheSameWay() {
    LUA.assertSame(new byte[0], "-e", "local x = nil; print(x.y)");
    LUA.assertSame(new byte[0], "/nowhere.lua");
  }
}
