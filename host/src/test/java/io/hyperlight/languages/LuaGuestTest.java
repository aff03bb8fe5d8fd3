package io.hyperlight.languages;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Sandbox;
import io.hyperlight.Snapshot;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.Tool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lua computes the same in a guest as outside, and its state is part of snapshots. */
@Needs(Tool.LUA_LIBRARY)
class LuaGuestTest {
  static final List<String> SCRIPTS =
      List.of(
          // Recursion.
          """
          local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
          return fib(20)
          """,
          // Tables and integers.
          """
          local composite, primes = {}, {}
          for i = 2, 2000 do
            if not composite[i] then
              primes[#primes + 1] = i
              for j = i * i, 2000, i do composite[j] = true end
            end
          end
          return #primes, table.concat(primes, ',')
          """,
          // Sorting with a function.
          """
          local t, x = {}, 42
          for i = 1, 1000 do
            x = (x * 1103515245 + 12345) % 2147483648
            t[i] = x
          end
          table.sort(t, function(a, b) return a % 1000 > b % 1000 or (a % 1000 == b % 1000 and a < b) end)
          return table.concat(t, ' ', 1, 50), select('#', table.unpack(t))
          """,
          // Patterns and formats.
          """
          local text = ('The quick brown fox jumps over the lazy dog. '):rep(20)
          local counts = {}
          for word in text:lower():gmatch('%a+') do counts[word] = (counts[word] or 0) + 1 end
          local words = {}
          for word, n in pairs(counts) do words[#words + 1] = ('%s=%03d'):format(word, n) end
          table.sort(words)
          return table.concat(words, ';'), (text:gsub('(%w+) (%w+)', '%2 %1', 30)),
              ('%q %5.2f %x %g %a'):format('a\\nb\\0', 3.14159, 255, 1e100, 0.1)
          """,
          // Coroutines.
          """
          local function permutations(t, n)
            n = n or #t
            if n == 1 then coroutine.yield(table.concat(t)) end
            for i = 1, n do
              t[n], t[i] = t[i], t[n]
              if n > 1 then permutations(t, n - 1) end
              t[n], t[i] = t[i], t[n]
            end
          end
          local all = {}
          for p in coroutine.wrap(function() permutations({'a', 'b', 'c', 'd'}) end) do all[#all + 1] = p end
          return #all, table.concat(all, ' ')
          """,
          // Metatables.
          """
          local Vector = {}
          Vector.__index = Vector
          Vector.__add = function(a, b) return setmetatable({a[1] + b[1], a[2] + b[2]}, Vector) end
          Vector.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
          Vector.__tostring = function(v) return ('(%s, %s)'):format(v[1], v[2]) end
          Vector.__call = function(v, k) return v[1] * k end
          local v = setmetatable({1, 2.5}, Vector) + setmetatable({3, 4}, Vector)
          return tostring(v), v(10), v == setmetatable({4, 6.5}, Vector)
          """,
          // Errors: longjmp.
          """
          local results = {}
          for depth = 1, 100 do
            local function fail(n) if n == 0 then error({depth = depth}) end return (fail(n - 1)) end
            local ok, e = pcall(fail, depth)
            results[#results + 1] = ok and 'no' or e.depth
          end
          local _, text = pcall(function() local x = nil; return x.y end)
          local _, overflow = pcall(function() local function f() return 1 + f() end return f() end)
          return table.concat(results, ' '), text, overflow,
              xpcall(error, function(m) return 'handled ' .. m end, 'it')
          """,
          // Numbers.
          """
          local sum = 0.0
          for i = 1, 5000 do sum = sum + math.sin(i) * math.exp(-i / 1000) / math.sqrt(i) end
          return ('%.17g'):format(sum), math.maxinteger + 1 == math.mininteger, 7 // -2, 7 % -2, -7 // 2.0,
              7.5 % -2, 1 / 0, -1 / 0, 2 ^ 0.5, 10 // 0.0, 0x7fffffffffffffff, 1e15, 3 | 8, ~0, 1 << 63,
              math.tointeger(3.0), tonumber('0x1p4'), tonumber('z', 36), string.format('%.14g', math.pi)
          """,
          // Bytes and UTF-8.
          """
          local packed = string.pack('<i4 >d z s2', -2, 1.5, 'text', 'counted')
          local codes = {}
          for _, c in utf8.codes('h\\u{e9}llo \\u{20ac} \\u{1d11e}') do codes[#codes + 1] = c end
          return (packed:gsub('.', function(c) return ('%02x'):format(c:byte()) end)),
              string.unpack('<i4', packed), table.concat(codes, ' '), utf8.len('\\u{20ac}'), utf8.char(8364)
          """,
          // Garbage, closures and goto.
          """
          local kept = setmetatable({}, {__mode = 'v'})
          for i = 1, 2000 do kept[i] = {i} end
          local strong = kept[1000]
          collectgarbage()
          local alive, closed = 0, {}
          for i = 1, 2000 do if kept[i] then alive = alive + 1 end end
          do
            local a <close> = setmetatable({}, {__close = function() closed[#closed + 1] = 'a' end})
            local b <close> = setmetatable({}, {__close = function() closed[#closed + 1] = 'b' end})
          end
          local i = 0
          ::again:: i = i + 1
          if i < 10 then goto again end
          local counters = {}
          for k = 1, 3 do counters[k] = function() k = k + 1; return k end end
          counters[1]()
          return alive, strong[1], table.concat(closed), i, counters[1](), counters[2](),
              load('return ...', 'chunk')(5), #string.rep('x', 1000000, ',')
          """);

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  /** Lua's own limit of the stack is reached with about 100 MiB, natively too. */
  private final Sandbox sandbox =
      Libraries.sandbox(Libraries.LUA.guest(""))
          .memorySize(128L << 20)
          .hostPrint(new PrintStream(printed, true))
          .build();

  @AfterEach
  void close() {
    sandbox.close();
  }

  @Test
  @NotInHardwareLane("Needs gcc.")
  void tenScriptsHaveTheResultsOfTheNativeLibrary() {
    String actual =
        SCRIPTS.stream().map(script -> run(sandbox, script) + "\n").collect(Collectors.joining());
    assertThat(SCRIPTS).hasSize(10);
    assertThat(actual).isEqualTo(Libraries.LUA.runNatively(SCRIPTS)).doesNotContain("error:");
  }

  @Test
  void knownResultsComeOut() {
    assertThat(run(sandbox, SCRIPTS.getFirst())).isEqualTo("6765");
    assertThat(run(sandbox, "return 1 +"))
        .startsWith("error: [string \"return 1 +\"]:1: unexpected");
    assertThat(run(sandbox, "return math.sin(1), 2^53 | 0"))
        .isEqualTo("0.8414709848079 9007199254740992");
  }

  @Test
  void whatAScriptPrintsIsTheOutputOfTheSandbox() {
    run(sandbox, "print('a', 1, nil) io.write('no end of line') io.stderr:write('')");
    assertThat(printed.toString(UTF_8)).isEqualTo("a\t1\tnil\nno end of line");
  }

  @Test
  void globalsAreThoseOfTheSnapshotInEverySandbox() {
    run(sandbox, "count = 5 function next() count = count + 1 return count end");
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox spawned = snapshot.spawn()) {
      assertThat(run(spawned, "return next()")).isEqualTo("6");
      assertThat(run(spawned, "return next()")).isEqualTo("7");
      assertThat(run(sandbox, "return next()")).isEqualTo("6");
      spawned.restore(snapshot);
      assertThat(run(spawned, "return next()")).isEqualTo("6");
    }
  }

  @Test
  void aCoroutineGoesOnInEverySandboxWhereItWasSuspended() {
    run(
        sandbox,
        "c = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i * i) end end) c() c()");
    try (Snapshot snapshot = sandbox.snapshot();
        Sandbox one = snapshot.spawn();
        Sandbox other = snapshot.spawn()) {
      for (Sandbox each : List.of(one, other, sandbox)) {
        assertThat(run(each, "return c(), c()")).isEqualTo("9 16");
        each.restore(snapshot);
        assertThat(run(each, "return c()")).isEqualTo("9");
      }
    }
  }

  @Test
  void aScriptThatTakesAllMemoryGetsAnErrorAndTheNextOneRuns() {
    assertThat(run(sandbox, "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100000) .. i end"))
        .isEqualTo("error: not enough memory");
    assertThat(run(sandbox, "collectgarbage() return #('y'):rep(10000000)")).isEqualTo("10000000");
  }

  @Test
  void thereAreNoFilesAndNoProcesses() {
    assertThat(run(sandbox, "return io.open('/etc/passwd')"))
        .isEqualTo("nil /etc/passwd: No such file or directory 2");
    assertThat(run(sandbox, "return io.popen('id')")).startsWith("nil id: ");
    assertThat(run(sandbox, "return os.execute(), os.getenv('PATH')")).isEqualTo("false nil");
    assertThat(run(sandbox, "return os.execute('true')")).startsWith("nil ");
    assertThat(run(sandbox, "return require('socket')")).contains("module 'socket' not found");
  }

  private static String run(Sandbox sandbox, String script) {
    return sandbox.call("run", String.class, script);
  }
}
