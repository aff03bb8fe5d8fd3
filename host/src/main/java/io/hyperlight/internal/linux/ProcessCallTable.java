package io.hyperlight.internal.linux;

import static io.hyperlight.internal.linux.SystemCall.NONE;
import static io.hyperlight.internal.linux.SystemCall.call;

import java.util.List;

/** Lists the system calls for memory, time, processes and signals that are answered. */
final class ProcessCallTable {
  private ProcessCallTable() {}

  static List<SystemCall> lines() {
    return List.of(
        // Memory: MemoryCalls, RemapCalls, AdviceCalls, LockCalls.
        call("brk", 12, 214, "pointer > address").by((h, a) -> h.memory.brk(a)),
        call("mmap", 9, 222, "pointer size protection map int word > address")
            .partly("shared mappings of the host's files can only be read")
            .by((h, a, b, c, d, e, f) -> h.memory.mmap(a, b, c, d, (int) e, f)),
        call("munmap", 11, 215, "pointer size").by((h, a, b) -> h.memory.munmap(a, b)),
        call("mprotect", 10, 226, "pointer size protection")
            .by((h, a, b, c) -> h.memory.mprotect(a, b, c)),
        call("mremap", 25, 216, "pointer size size remap moved > address")
            .by((h, a, b, c, d, e) -> h.remaps.mremap(a, b, c, d, e)),
        call("madvise", 28, 233, "pointer size advice")
            .by((h, a, b, c) -> h.advice.madvise(a, b, (int) c)),
        call("msync", 26, 227, "pointer size msync")
            .by((h, a, b, c) -> h.advice.msync(a, b, (int) c)),
        call("mincore", 27, 232, "pointer size pointer")
            .by((h, a, b, c) -> h.advice.mincore(a, b, c)),
        call("mlock", 149, 228, "pointer size").by((h, a, b) -> h.locks.mlock(a, b)),
        call("mlock2", 325, 284, "pointer size word32")
            .by((h, a, b, c) -> h.locks.mlock2(a, b, (int) c)),
        call("munlock", 150, 229, "pointer size").by((h, a, b) -> h.locks.munlock(a, b)),
        call("mlockall", 151, 230, "word32").by((h, a) -> h.locks.mlockall((int) a)),
        call("munlockall", 152, 231, "").by(h -> h.locks.munlockall()),

        // Time: TimeCalls, TimerCalls, UsageCalls.
        call("time", 201, NONE, "longout").by((h, a) -> h.time.time(a)),
        call("gettimeofday", 96, 169, "timevalout pointer")
            .by((h, a, b) -> h.time.gettimeofday(a, b)),
        call("clock_gettime", 228, 113, "clock timespecout")
            .by((h, a, b) -> h.time.clockGettime((int) a, b)),
        call("clock_getres", 229, 114, "clock timespecout")
            .by((h, a, b) -> h.time.clockGetres((int) a, b)),
        call("nanosleep", 35, 101, "timespec remaining").by((h, a, b) -> h.time.nanosleep(a, b)),
        call("clock_nanosleep", 230, 115, "clock timer timespec remaining")
            .by((h, a, b, c, d) -> h.time.clockNanosleep((int) a, (int) b, c, d)),
        call("alarm", 37, NONE, "int").by((h, a) -> h.timers.alarm((int) a)),
        call("getitimer", 36, 102, "int pointer").by((h, a, b) -> h.timers.getitimer((int) a, b)),
        call("setitimer", 38, 103, "int pointer pointer")
            .by((h, a, b, c) -> h.timers.setitimer((int) a, b, c)),
        call("timer_create", 222, 107, "clock pointer pointer")
            .partly("the clock of a thread is that of the process")
            .by((h, a, b, c) -> h.timers.timerCreate((int) a, b, c)),
        call("timer_settime", 223, 110, "int word32 pointer pointer")
            .by((h, a, b, c, d) -> h.timers.timerSettime((int) a, (int) b, c, d)),
        call("timer_gettime", 224, 108, "int pointer")
            .by((h, a, b) -> h.timers.timerGettime((int) a, b)),
        call("timer_getoverrun", 225, 109, "int").by((h, a) -> h.timers.timerGetoverrun((int) a)),
        call("timer_delete", 226, 111, "int").by((h, a) -> h.timers.timerDelete((int) a)),
        call("getrusage", 98, 165, "usage usageout").by((h, a, b) -> h.usage.getrusage((int) a, b)),
        call("times", 100, 153, "timesout").by((h, a) -> h.usage.times(a)),

        // Randomness: RandomCalls.
        call("getrandom", 318, 278, "bytes size random")
            .by((h, a, b, c) -> h.random.getrandom(a, b, c)),

        // The process: ProcessCalls.
        call("clone", 56, 220, "clonecall")
            .partly("only threads")
            .by((h, a, b, c, d, e) -> h.clones.clone(a, b, c, d, e)),
        call("clone3", 435, 435, "pointer size")
            .partly("only threads")
            .by((h, a, b) -> h.clones.clone3(a, b)),
        call("exit", 60, 93, "int").by((h, a) -> h.clones.exit((int) a)),
        call("exit_group", 231, 94, "int").by((h, a) -> h.clones.exitGroup((int) a)),
        call("getpid", 39, 172, "").by(h -> h.process.getpid()),
        call("gettid", 186, 178, "").by(h -> h.process.gettid()),
        call("getppid", 110, 173, "").by(h -> h.process.getppid()),
        call("getpgrp", 111, NONE, "").by(h -> h.process.getpid()),
        call("getpgid", 121, 155, "int").by((h, a) -> h.process.getpgid((int) a)),
        call("getsid", 124, 156, "int").by((h, a) -> h.process.getpgid((int) a)),
        call("getuid", 102, 174, "").by(h -> h.process.getuid()),
        call("geteuid", 107, 175, "").by(h -> h.process.getuid()),
        call("getgid", 104, 176, "").by(h -> h.process.getuid()),
        call("getegid", 108, 177, "").by(h -> h.process.getuid()),
        call("getresuid", 118, 148, "intout intout intout")
            .by((h, a, b, c) -> h.process.getresuid(a, b, c)),
        call("getresgid", 120, 150, "intout intout intout")
            .by((h, a, b, c) -> h.process.getresuid(a, b, c)),
        call("getgroups", 115, 158, "int pointer").by(_ -> 0),
        call("setuid", 105, 146, "int")
            .partly("only to the present user")
            .by((h, a) -> h.process.setuid((int) a)),
        call("setgid", 106, 144, "int")
            .partly("only to the present group")
            .by((h, a) -> h.process.setgid((int) a)),
        call("setreuid", 113, 145, "int int")
            .partly("only to the present user")
            .by((h, a, b) -> h.process.setreuid((int) a, (int) b)),
        call("setregid", 114, 143, "int int")
            .partly("only to the present group")
            .by((h, a, b) -> h.process.setregid((int) a, (int) b)),
        call("setresuid", 117, 147, "int int int")
            .partly("only to the present user")
            .by((h, a, b, c) -> h.process.setresuid((int) a, (int) b, (int) c)),
        call("setresgid", 119, 149, "int int int")
            .partly("only to the present group")
            .by((h, a, b, c) -> h.process.setresgid((int) a, (int) b, (int) c)),
        call("uname", 63, 160, "unameout").by((h, a) -> h.process.uname(a)),
        call("sysinfo", 99, 179, "sysinfoout").by((h, a) -> h.process.sysinfo(a)),
        call("getcpu", 309, 168, "intout intout pointer").by((h, a, b) -> h.process.getcpu(a, b)),
        call("capget", 125, 90, "int pointer").by((h, a, b) -> h.process.capget(a, b)),
        call("arch_prctl", 158, NONE, "arch archaddress")
            .by((h, a, b) -> h.process.archPrctl((int) a, b)),
        call("personality", 135, 92, "word32").partly("always that of Linux").by(_ -> 0),
        call("set_tid_address", 218, 96, "pointer").by((h, a) -> h.clones.setTidAddress(a)),
        call("prctl", 157, 167, "prctl prctlrest")
            .by((h, a, b, c, d, e) -> h.prctl.prctl((int) a, b, c, d, e)),

        // Limits and scheduling: LimitCalls, SchedulingCalls.
        call("getrlimit", 97, 163, "resource limitout")
            .by((h, a, b) -> h.limits.getrlimit((int) a, b)),
        call("setrlimit", 160, 164, "resource limit")
            .by((h, a, b) -> h.limits.setrlimit((int) a, b)),
        call("prlimit64", 302, 261, "int resource limit limitout")
            .by((h, a, b, c, d) -> h.limits.prlimit64((int) a, (int) b, c, d)),
        call("getpriority", 140, 141, "priority int")
            .by((h, a, b) -> h.scheduling.getpriority((int) a, (int) b)),
        call("setpriority", 141, 140, "priority int int")
            .partly("has no effect")
            .by((h, a, b, c) -> h.scheduling.setpriority((int) a, (int) b, (int) c)),
        call("ioprio_get", 252, 31, "int int")
            .by((h, a, b) -> h.scheduling.ioprioGet((int) a, (int) b)),
        call("ioprio_set", 251, 30, "int int int")
            .partly("has no effect")
            .by((h, a, b, c) -> h.scheduling.ioprioSet((int) a, (int) b, (int) c)),
        call("sched_yield", 24, 124, "").by(h -> h.clones.schedYield()),
        call("sched_setparam", 142, 118, "int pointer")
            .partly("has no effect")
            .by((h, a, b) -> h.scheduling.schedSetparam((int) a, b)),
        call("sched_getparam", 143, 121, "int pointer")
            .by((h, a, b) -> h.scheduling.schedGetparam((int) a, b)),
        call("sched_setscheduler", 144, 119, "int int pointer")
            .partly("has no effect")
            .by((h, a, b, c) -> h.scheduling.schedSetscheduler((int) a, (int) b, c)),
        call("sched_getscheduler", 145, 120, "int")
            .by((h, a) -> h.scheduling.schedGetscheduler((int) a)),
        call("sched_get_priority_max", 146, 125, "int")
            .by((h, a) -> h.scheduling.schedGetPriorityMax((int) a)),
        call("sched_get_priority_min", 147, 126, "int")
            .by((h, a) -> h.scheduling.schedGetPriorityMin((int) a)),
        call("sched_rr_get_interval", 148, 127, "int pointer")
            .by((h, a, b) -> h.scheduling.schedRrGetInterval((int) a, b)),
        call("sched_setaffinity", 203, 122, "int size processors")
            .by((h, a, b, c) -> h.scheduling.schedSetaffinity((int) a, (int) b, c)),
        call("sched_getaffinity", 204, 123, "int size processorsout")
            .by((h, a, b, c) -> h.scheduling.schedGetaffinity((int) a, (int) b, c)),
        call("sched_getattr", 315, 275, "int pointer uint word32")
            .by((h, a, b, c, d) -> h.scheduling.schedGetattr((int) a, b, (int) c, (int) d)),

        // Signals: SignalCalls, SendCalls.
        call("rt_sigaction", 13, 134, "signal action actionout size")
            .by((h, a, b, c, d) -> h.signals.rtSigaction((int) a, b, c, d)),
        call("rt_sigprocmask", 14, 135, "how signals signalsout size")
            .by((h, a, b, c, d) -> h.signals.rtSigprocmask((int) a, b, c, d)),
        call("rt_sigpending", 127, 136, "signalsout size")
            .by((h, a, b) -> h.signals.rtSigpending(a, b)),
        call("rt_sigsuspend", 130, 133, "signals size")
            .by((h, a, b) -> h.signals.rtSigsuspend(a, b)),
        call("rt_sigtimedwait", 128, 137, "signals pointer timespec size")
            .by((h, a, b, c, d) -> h.signals.rtSigtimedwait(a, b, c, d)),
        call("rt_sigreturn", 15, 139, "").by(h -> h.signals.rtSigreturn()),
        call("sigaltstack", 131, 132, "stack stackout")
            .by((h, a, b) -> h.signals.sigaltstack(a, b)),
        call("pause", 34, NONE, "").by(h -> h.signals.pause()),
        call("kill", 62, 129, "int signal")
            .partly("only to the process itself")
            .by((h, a, b) -> h.sends.kill((int) a, (int) b)),
        call("tkill", 200, 130, "int signal")
            .partly("only to the process itself")
            .by((h, a, b) -> h.sends.tkill((int) a, (int) b)),
        call("tgkill", 234, 131, "int int signal")
            .partly("only to the process itself")
            .by((h, a, b, c) -> h.sends.tgkill((int) a, (int) b, (int) c)),
        call("rt_sigqueueinfo", 129, 138, "int signal pointer")
            .partly("only to the process itself")
            .by((h, a, b, c) -> h.sends.rtSigqueueinfo((int) a, (int) b, c)),
        call("rt_tgsigqueueinfo", 297, 240, "int int signal pointer")
            .partly("only to the process itself")
            .by((h, a, b, c, d) -> h.sends.rtTgsigqueueinfo((int) a, (int) b, (int) c, d)),

        // Threads: ThreadCalls, FutexCalls, FutexVectorCalls.
        call("futex", 202, 98, "pointer futexop futexrest")
            .by((h, a, b, c, d, e, f) -> h.futexes.futex(a, (int) b, (int) c, d, e, (int) f)),
        call("futex_waitv", 449, 449, "pointer uint word32 timespec clock")
            .by((h, a, b, c, d, e) -> h.futexVectors.futexWaitv(a, (int) b, (int) c, d, (int) e)),
        call("set_robust_list", 273, 99, "pointer size")
            .by((h, a, b) -> h.threads.setRobustList(a, b)),
        call("get_robust_list", 274, 100, "int pointer pointer")
            .by((h, a, b, c) -> h.threads.getRobustList((int) a, b, c)),
        call("membarrier", 324, 283, "word32 word32 int")
            .by((h, a, b) -> h.threads.membarrier((int) a, (int) b)));
  }
}
