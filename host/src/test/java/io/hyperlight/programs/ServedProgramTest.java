package io.hyperlight.programs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.FileTree;
import io.hyperlight.Program;
import io.hyperlight.ProgramServer;
import io.hyperlight.ProgramSnapshot;
import io.hyperlight.error.HyperlightException;
import io.hyperlight.internal.machine.MachineState;
import io.hyperlight.internal.machine.Vm;
import io.hyperlight.testing.Descriptors;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.ResetOracle;
import io.hyperlight.testing.Tool;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests served interpreters. Each request is a script. Whatever it does, the next one finds the
 * interpreter in the state of the snapshot, to the last byte and register.
 */
@Needs({Tool.BUSYBOX, Tool.LUA, Tool.PYTHON})
@Tag("slow")
class ServedProgramTest {
  /** How many requests the long test makes; hyperlight.test.requests. */
  private static final int REQUESTS = Integer.getInteger("hyperlight.test.requests", 20);

  /**
   * An interpreter, and scripts that try to leave something behind.
   *
   * @param probe a script whose answer would reveal what others did
   */
  record Interpreter(String name, Program program, String probe, List<String> dirty) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Program withScratch(Program program) {
    return program.mount("/tmp", FileTree.memory(16 << 20).with("seed", "s".getBytes(UTF_8)));
  }

  static List<Interpreter> interpreters() {
    return List.of(
        new Interpreter(
            "busybox",
            withScratch(new Differential("/bin/busybox", "busybox-static").program("sh")),
            "echo \"$x $PWD $- $#\"; read y < /tmp/seed; echo \"$y\"; [ -e /tmp/left ] && echo"
                + " left; cd /tmp; echo *; trap; umask; type f; echo done",
            List.of(
                "x=1; echo $x",
                "cd /tmp; echo x > left; echo > seed; umask 0; f() { :; }; echo said",
                "exec 5> /tmp/left; exec 6< /tmp/seed; echo 1 >&5; exec 1>&5; echo lost",
                "trap 'echo bye' EXIT; set -e; set a b c; false",
                "ulimit -n 5; exit 3",
                "kill -SEGV $$",
                "while :; do x=$x$x.; case $x in ??????????????*) break;; esac; done; exit 0")),
        new Interpreter(
            "Lua",
            withScratch(new Differential("/usr/bin/lua5.4", "lua5.4").withLibraries().program("-")),
            "print(x, #package.path, next(_G) ~= nil, string.sneak, io.open('/tmp/left'),"
                + " io.open('/tmp/seed'):read('a'))",
            List.of(
                "x = 1; string.sneak = 2; print(x)",
                "io.open('/tmp/left', 'w'):write('x'); io.open('/tmp/seed', 'w'):write('y');"
                    + " print(1)",
                "local t = {} for i = 1, 1e6 do t[i] = {} end print(#t)",
                "print(string.rep('x', 1e7):len()); os.exit(4)",
                "error('gone')",
                "local s = string.rep('a?', 24) .. string.rep('a', 24); print(#s); os.exit(0,"
                    + " false)")),
        new Interpreter(
            "CPython",
            withScratch(
                new Differential("/usr/bin/python3", "python3")
                    .withLibraries()
                    .program(
                        "-I",
                        "-c",
                        """
                        import sys, json, re, decimal, random, os
                        def serve():
                          source = sys.stdin.read()
                          exec(compile(source, 'request', 'exec'), {})
                        serve()
                        """)),
            "import sys, os, builtins, random, decimal, json\n"
                + "print(hasattr(builtins, 'left'), sorted(sys.modules)[:0], len(sys.modules),"
                + " os.environ.get('LEFT'), os.getcwd(), os.path.exists('/tmp/left'),"
                + " open('/tmp/seed').read(), random.random(), decimal.getcontext().prec,"
                + " json.dumps is print, sys.getrecursionlimit(),"
                + " len(os.listdir('/proc/self/fd')))",
            List.of(
                "import builtins; builtins.left = 1; print(1)",
                "import os, random; os.environ['LEFT'] = '1'; random.seed(1); os.chdir('/tmp');"
                    + " print(random.random())",
                "open('/tmp/left', 'w').write('x'); open('/tmp/seed', 'w').write('y'); print(2)",
                "import json, sys, decimal; json.dumps = print; sys.setrecursionlimit(5000);"
                    + " decimal.getcontext().prec = 3; print(3)",
                "import os; fds = [os.open('/tmp/seed', os.O_RDONLY) for _ in range(50)];"
                    + " os.dup2(fds[0], 0); print(4)",
                "import os; os.close(0); os.close(2); print(5)",
                "import os; os._exit(9)",
                "import os; os.abort()",
                "import ctypes; ctypes.string_at(8)",
                "x = bytearray(30_000_000); print(len(x))",
                "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN); print(6)",
                "import sqlite3, datetime, hashlib; print(hashlib.sha256(b'x').hexdigest())",
                "def f(n): return n and f(n - 1)\nf(900); raise SystemExit(11)")));
  }

  private static String serve(ProgramServer sandbox, String script) {
    try {
      return new String(sandbox.serve(script.getBytes(UTF_8)), UTF_8);
    } catch (HyperlightException e) {
      return e.getClass().getSimpleName();
    }
  }

  private static Vm machineOf(ProgramServer sandbox) {
    return ResetOracle.machineOf(sandbox);
  }

  @ParameterizedTest
  @MethodSource("interpreters")
  void aRestoreLeavesNothingBehind(Interpreter interpreter) {
    try (ProgramServer first = interpreter.program.startServing();
        ProgramSnapshot warm = first.snapshot();
        ProgramServer used = warm.spawn()) {
      used.restore(warm); // turns dirty tracking on
      for (String script : interpreter.dirty) {
        String answer = serve(used, script);
        used.restore(warm);
        try (ProgramServer newborn = warm.spawn()) {
          assertThat(
                  MachineState.of(machineOf(newborn))
                      .differencesOf(MachineState.of(machineOf(used))))
              .as("%s, which gave %s", script, answer)
              .isEmpty();
          assertThat(used.files().paths().toList()).isEqualTo(newborn.files().paths().toList());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("interpreters")
  void eachRequestFindsAFreshWorld(Interpreter interpreter) {
    interpreter.program.startServing().close(); // opens what the process opens only once
    Map<String, Integer> before = Descriptors.of("/");
    try (ProgramServer first = interpreter.program.startServing();
        ProgramSnapshot warm = first.snapshot();
        ProgramServer sandbox = warm.spawn()) {
      String expected = serve(sandbox, interpreter.probe);
      assertThat(expected).isNotBlank().doesNotContain("Exception");
      Random random = new Random(1);
      for (int i = 0; i < REQUESTS; i++) {
        sandbox.restore(warm);
        serve(sandbox, interpreter.dirty.get(random.nextInt(interpreter.dirty.size())));
        if (i % 3 == 0) {
          serve(sandbox, interpreter.dirty.getFirst()); // may be refused, if it has ended
        }
        sandbox.restore(warm);
        assertThat(serve(sandbox, interpreter.probe)).isEqualTo(expected);
      }
    }
    assertThat(Descriptors.of("/")).isEqualTo(before);
  }

  @Test
  @NotInHardwareLane("What matters is the host.")
  void aRequestThatStopsInTheMiddleIsNoAnswer() {
    try (ProgramServer lua =
        Program.of(Path.of("/usr/bin/lua5.4"))
            .mount("/usr", FileTree.directory(Path.of("/usr")))
            .mount("/lib", FileTree.directory(Path.of("/lib")))
            .mount("/lib64", FileTree.directory(Path.of("/lib64")))
            .args("-")
            .startServing()) {
      assertThat(serve(lua, "print('half'); error('way')")).isEqualTo("GuestExitException");
      assertThat(serve(lua, "print(1)")).isEqualTo("SandboxUnusableException");
    }
  }
}
