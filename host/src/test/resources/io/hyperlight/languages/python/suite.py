"""Runs tests, and prints the outcome of each as soon as it is known.

    suite.py unittest FOLDER PATTERN MODULE    tests of a module of the package test
    suite.py pytest FOLDER PATTERN PATH...     test files of a library

FOLDER has libraries, or is empty. Tests whose names match PATTERN are left out, and so are those that standard
input lists, one a line. Each line of output is "@@ what<tab>name<tab>needs<tab>message". What a test needs
that a sandbox refuses is found by watching: "processes", "terminals" and "network".
"""
import _posixsubprocess
import os
import re
import sys

mode, folder, pattern, *names = sys.argv[1:]
left_out = set(sys.stdin.read().splitlines())
if folder:
    sys.path.insert(0, folder)
if os.getuid() == 0 and mode == 'unittest':  # as in a sandbox; libraries may be in a folder of root's
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # as many processors as the sandbox has
os.chdir('/tmp')
out = sys.__stdout__
needs = set()
current = ''  # the test that runs


def watch(owner, name, need):
    """Notes when a function fails because of the operating system."""
    original = getattr(owner, name, None)
    if original is None:
        return

    def watching(*arguments, **named):
        try:
            return original(*arguments, **named)
        except OSError:
            needs.add(need)
            say('needs', current)  # the test may not come to its end
            raise

    setattr(owner, name, watching)


for function in 'fork', 'forkpty', 'posix_spawn', 'posix_spawnp', 'execv', 'execve':
    watch(os, function, 'processes')
watch(os, 'openpty', 'terminals')
watch(_posixsubprocess, 'fork_exec', 'processes')
import socket

for function in '__init__', 'bind', 'connect', 'listen', 'accept':
    watch(socket.socket, function, 'network')


def say(what, name, message=''):
    message = ' '.join(str(message).split())[-300:]
    out.write('@@ %s\t%s\t%s\t%s\n' % (what, name, ','.join(sorted(needs)), message))
    out.flush()


def start(name):
    global current
    needs.clear()
    current = name
    say('start', name)


def is_left_out(name):
    return name in left_out or bool(pattern and re.search(pattern, name))


def run_unittest():
    import unittest

    class Result(unittest.TestResult):
        def startTest(self, test):
            start(test.id())

        def addSuccess(self, test):
            say('ok', test.id())

        def addError(self, test, error):
            say('error', test.id(), repr(error[1]))

        def addFailure(self, test, error):
            say('failure', test.id(), repr(error[1]))

        def addSubTest(self, test, subtest, error):
            if error is not None:
                say('failure', test.id(), repr(error[1]))

        def addSkip(self, test, why):
            if 'IPv6' in why:
                needs.add('network')
            say('skipped', test.id(), why)

        def addExpectedFailure(self, test, error):
            say('expected', test.id())

        def addUnexpectedSuccess(self, test):
            say('unexpected', test.id())

    def kept(suite):
        if not isinstance(suite, unittest.TestSuite):
            return [] if is_left_out(suite.id()) else [suite]
        return [unittest.TestSuite(kept(one)) for one in suite] if suite.countTestCases() else []

    try:
        # Without this, modules that have some tests of sockets cannot be imported without a network.
        from test.support import socket_helper
        socket_helper._bind_nix_socket_error = False
    except ImportError:
        pass
    sys.argv = ['test']
    for name in names:
        suite = unittest.defaultTestLoader.loadTestsFromName('test.' + name)
        unittest.TestSuite(kept(suite)).run(Result())


def run_pytest():
    import pytest

    class Plugin:
        def pytest_collection_modifyitems(self, items):
            items[:] = [item for item in items if not is_left_out(item.nodeid)]

        def pytest_runtest_logstart(self, nodeid):
            start(nodeid)

        def pytest_runtest_logreport(self, report):
            if report.when == 'call' or report.outcome != 'passed':
                longrepr = report.longrepr
                crash = getattr(longrepr, 'reprcrash', None)
                message = crash.message if crash else longrepr[2] if isinstance(longrepr, tuple) else longrepr
                say({'passed': 'ok', 'failed': 'failure'}.get(report.outcome, report.outcome), report.nodeid,
                    message or '')

    os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
    options = ['-p', 'no:cacheprovider', '-p', 'no:terminal', '--rootdir', folder, '--capture=sys', '-W', 'ignore']
    sys.exit(pytest.main(options + [os.path.join(folder, name) for name in names], plugins=[Plugin()]))


run_unittest() if mode == 'unittest' else run_pytest()
