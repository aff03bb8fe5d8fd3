package io.hyperlight.languages;

import static io.hyperlight.testing.Kinds.assertThatExceptionOfKind;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hyperlight.Program;
import io.hyperlight.ProgramResult;
import io.hyperlight.error.InvalidGuestException;
import io.hyperlight.testing.Differential;
import io.hyperlight.testing.Needs;
import io.hyperlight.testing.NotInHardwareLane;
import io.hyperlight.testing.TemporaryFolder;
import io.hyperlight.testing.Tool;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An unmodified CPython, loaded by its own loader, has the same results in a sandbox as outside.
 */
@NotInHardwareLane("ServedProgramTest runs the same program there.")
@Needs(Tool.PYTHON)
@Tag("slow")
class PythonTest {
  private static final byte[] NOTHING = {};

  private static final Differential PYTHON =
      new Differential("/usr/bin/python3", "python3").withLibraries();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "print(sum(range(10)))",
        """
        import json; print(json.dumps({'a': [1, 2.5, None, 'ä\
        '], 'b': json.loads('[1e9, {}]')}, indent=1))\
        """,
        """
        import re; print(re.findall(r'(\\w+)@(\\w+)\\.com', 'a@b.com x c@d.com'), re.sub('(?i)x+', 'y', 'aXxb'))\
        """,
        """
        import hashlib; print([hashlib.new(n, b'x' * 100000).hexdigest() for n in ('md5', 'sha256', 'sha3_512', 'blake2b')])\
        """,
        """
        import decimal as d; d.getcontext().prec = 80; print(d.Decimal(2).sqrt(), d.Decimal('1') / 3)\
        """,
        """
        import zlib; c = zlib.compress(b'hello ' * 10000, 9); print(len(c), zlib.crc32(c), zlib.decompress(c) == b'hello ' * 10000)\
        """,
        """
        import datetime as t; print(t.datetime(2024, 2, 29, 12, tzinfo=t.timezone.utc) + t.timedelta(days=366), t.date.fromisocalendar(2020, 53, 7))\
        """,
        """
        import sqlite3; c = sqlite3.connect(':memory:'); c.execute('create table t(a, b)'); c.executemany('insert into t values(?, ?)', [(i, i * i % 97) for i in range(1000)]); print(c.execute('select b, count(*), sum(a) from t group by b order by 2 desc, 1 limit 5').fetchall())\
        """,
        """
        import math, random, statistics; r = random.Random(42); print(statistics.stdev(r.gauss(0, 1) for _ in range(1000)), math.gamma(5.5), math.fsum([.1] * 10))\
        """,
        """
        import collections, itertools, functools; print(collections.Counter('mississippi'), list(itertools.permutations('abc', 2)), functools.reduce(int.__mul__, range(1, 30)))\
        """,
        """
        import struct, array, bz2, lzma, base64; print(struct.pack('<idq', 1, 2.5, -3), len(bz2.compress(b'a' * 10000)), len(lzma.compress(b'a' * 10000)), base64.b85encode(b'hello'))\
        """,
        """
        import csv, io, textwrap, difflib, string; print(list(csv.reader(io.StringIO('a,"b,c"\
        1,2'))), textwrap.fill('word ' * 30, 20), list(difflib.unified_diff(['a'], ['b'])))\
        """,
        """
        import xml.etree.ElementTree as e; print(e.tostring(e.fromstring('<a><b c="1">x</b></a>')))\
        """,
        """
        import sys, os; print(sys.argv, sys.flags.utf8_mode, sys.stdin.encoding, os.getcwd(), sys.executable, sys.prefix, sys.path)\
        """,
        """
        import os; print(sorted(os.listdir(os.path.dirname(os.__file__) + '/json')), os.path.getsize('/usr/bin/env'), os.path.islink('/usr/bin/python3'))\
        """,
        "import sys; print('to errors', file=sys.stderr); sys.exit(7)",
        "raise ValueError('broken')",
        "import os; os.abort()",
        """
        import signal, os; signal.signal(signal.SIGUSR1, lambda *a: print('signal', a[0])); os.kill(os.getpid(), signal.SIGUSR1)\
        """,
        """
        import sys; sys.setrecursionlimit(100000)
        def f(n): return n and 1 + f(n - 1)
        print(f(50000))\
        """,
        "def f(): f()\nf()",
        "print(bytearray(50_000_000)[-1])",
        """
        import os; r, w = os.pipe(); os.write(w, b'through a pipe'); os.close(w); print(os.read(r, 100), os.read(r, 1))\
        """,
        """
        import unittest, calendar; print(calendar.month(2024, 2)); unittest.main(argv=['x'], exit=False)\
        """,
        """
        import pickle, copy, dataclasses
        @dataclasses.dataclass
        class P:
          x: int
          y: list
        p = pickle.loads(pickle.dumps(P(1, [2])))
        print(p, copy.deepcopy(p))\
        """,
      })
  void aScriptDoesTheSame(String script) {
    PYTHON.assertSame(NOTHING, "-I", "-c", script);
  }

  @Test
  void filesAreWrittenTheSameWay() {
    Path folder = TemporaryFolder.create("python");
    PYTHON.assertSameInFolder(
        folder,
        NOTHING,
        "-I",
        "-c",
        """
        import os, shutil, tempfile, sqlite3, zipfile, glob, mmap, sys
        os.chdir(sys.argv[1])
        with open('text', 'w') as f: f.write('line\\n' * 1000)
        with open('text', 'r+b') as f:
          f.seek(10); f.write(b'X'); f.truncate(2000)
        os.makedirs('a/b/c'); shutil.copytree('a', 'copy'); shutil.copy2('text', 'a/b/text')
        os.rename('a/b', 'a/moved'); os.link('text', 'hard'); os.symlink('text', 'soft')
        print(open('soft').read(9), os.stat('hard').st_nlink, os.readlink('soft'))
        with zipfile.ZipFile('z.zip', 'w') as z: z.writestr(zipfile.ZipInfo('x/y'), 'content')
        print(zipfile.ZipFile('z.zip').namelist(), sorted(glob.glob('**/*', recursive=True)))
        c = sqlite3.connect('db')
        c.execute('create table t(a)'); c.executemany('insert into t values(?)', [(i,) for i in range(500)])
        c.commit(); c.execute('delete from t where a % 3 = 0'); c.commit(); c.close()
        print(sqlite3.connect('db').execute('select count(*), sum(a) from t').fetchall())
        with open('text', 'rb') as f:
          m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ); print(len(m), m[8:12], m.find(b'X')); m.close()
        with tempfile.TemporaryDirectory(dir='.') as d: open(d + '/t', 'w').write('gone')
        for e in sorted(os.scandir('.'), key=lambda e: e.name): print(e.name, e.is_dir(), e.is_symlink())
        for bad in ('missing', 'text/x', 'a'):
          try: open(bad)
          except OSError as e: print(e.errno, e.strerror)
        shutil.rmtree('copy'); os.unlink('soft'); os.unlink('db'); os.unlink('z.zip')
        """,
        folder.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"test.test_textwrap", "test.test_heapq", "test.test_bisect"})
  @Needs(Tool.PYTHON_TESTS)
  void aModuleOfItsOwnTestSuitePasses(String module) {
    ProgramResult result =
        PYTHON.program("-I", "-m", "unittest", module).memorySize(256 << 20).run();

    assertThat(result.errorText()).endsWith("OK\n").doesNotContain("Ran 0 tests");
    assertThat(result.status()).isZero();
  }

  @Test
  void filesAreMappedToBeWritten() {
    PYTHON.assertSameInFolder(
        TemporaryFolder.create("python"),
        NOTHING,
        "-I",
        "-c",
        """
        import mmap, os, sqlite3, sys
        os.chdir(sys.argv[1])
        file = open('mapped', 'w+b'); file.write(b'.' * 8192); file.flush()
        both = mmap.mmap(file.fileno(), 8192), mmap.mmap(file.fileno(), 8192)
        both[0][4096:4101] = b'world'; file.seek(4096); print(file.read(5), both[1][4096:4101])
        file.seek(0); file.write(b'hello'); file.flush(); print(both[0][:5], both[1][:5])
        one = sqlite3.connect('data'); print(one.execute('pragma journal_mode=wal').fetchone())
        one.execute('create table t (a)')
        one.executemany('insert into t values (?)', [(i,) for i in range(1000)]); one.commit()
        two = sqlite3.connect('data')
        print(two.execute('select sum(a) from t').fetchone(), sorted(os.listdir()))
        """);
  }

  @Test
  void inputIsReadAsItComes() {
    PYTHON.assertSame(
        "one\ntwo\nthree".getBytes(UTF_8),
        "-I",
        "-c",
        "import sys\nfor line in sys.stdin: print(len(line), line)");
  }

  @Test
  void threadsRunAndAreJoined() {
    PYTHON.assertSame(
        new byte[0],
        "-I",
        "-c",
        "from concurrent.futures import ThreadPoolExecutor as Pool\n"
            + "with Pool(4) as pool: print(sum(pool.map(lambda n: n * n, range(100))))");
  }

  @Test
  void withoutItsLibrariesItIsRefusedWithTheNameOfTheLoader() {
    Program bare = Program.of(Path.of("/usr/bin/python3"));

    assertThatExceptionOfKind(InvalidGuestException.Kind.FORMAT)
        .isThrownBy(bare::run)
        .withMessageContaining("/lib64/ld-linux-x86-64.so.2")
        .withMessageContaining("mount");
  }
}
