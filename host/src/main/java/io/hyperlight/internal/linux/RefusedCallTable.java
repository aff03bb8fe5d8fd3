package io.hyperlight.internal.linux;

import static io.hyperlight.internal.linux.SystemCall.NONE;
import static io.hyperlight.internal.linux.SystemCall.call;
import static io.hyperlight.internal.linux.SystemCall.unimplemented;

import io.hyperlight.internal.linux.base.Need;
import io.hyperlight.internal.os.Errno;
import java.util.List;

/** Lists the system calls that are refused. */
final class RefusedCallTable {
  private RefusedCallTable() {}

  static List<SystemCall> lines() {
    return List.of(
        // Threads and other processes.
        call("fork", 57, NONE, "").refused(Errno.EPERM, Need.PROCESSES),
        call("vfork", 58, NONE, "").refused(Errno.EPERM, Need.PROCESSES),
        call("execve", 59, 221, "path texts pointer").refused(Errno.EPERM, Need.PROCESSES),
        call("wait4", 61, 260, "int intout wait pointer").declined(Errno.ECHILD),
        call("waitid", 247, 95, "int int pointer wait pointer").declined(Errno.ECHILD),
        call("execveat", 322, 281, "folder path texts pointer at")
            .refused(Errno.EPERM, Need.PROCESSES),
        call("rseq", 334, 293, "pointer word32 word32 word32").declined(Errno.ENOSYS),

        // The network. There are no sockets.
        call("socket", 41, 198, "family socket spoken")
            .refusedBy(Errno.EACCES, (h, a) -> h.network.socket((int) a)),
        call("connect", 42, 203, "int pointer int")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.connect((int) a)),
        call("accept", 43, 202, "int pointer pointer")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.ofNamed((int) a)),
        call("bind", 49, 200, "int pointer int")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.bind((int) a)),
        call("listen", 50, 201, "int int")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.ofNamed((int) a)),
        call("accept4", 288, 242, "int pointer pointer socket")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.ofNamed((int) a)),
        call("recvmmsg", 299, 243, "int pointer uint message timespec")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.ofMany((int) a)),
        call("sendmmsg", 307, 269, "int pointer uint message")
            .refusedBy(Errno.ENOTSOCK, (h, a) -> h.sockets.ofMany((int) a)),

        // Timers that send signals.

        // Other descriptors. Programs that use them for their main loop seldom work without them.
        call("inotify_init", 253, NONE, "").refused(Errno.ENOSYS),
        call("inotify_init1", 294, 26, "word32").refused(Errno.ENOSYS),

        // Calls that need privileges: clocks, users, priorities, locked memory, hardware, kernels.
        call("ptrace", 101, 117, "int int pointer pointer").refused(Errno.EPERM),
        call("syslog", 103, 116, "int pointer int").refused(Errno.EPERM),
        call("setpgid", 109, 154, "int int").refused(Errno.EPERM),
        call("setsid", 112, 157, "").refused(Errno.EPERM),
        call("setgroups", 116, 159, "int pointer").refused(Errno.EPERM),
        call("setfsuid", 122, 151, "int").refused(Errno.EPERM),
        call("setfsgid", 123, 152, "int").refused(Errno.EPERM),
        call("capset", 126, 91, "int pointer").refused(Errno.EPERM),
        call("sysfs", 139, NONE, "int pointer pointer").refused(Errno.EPERM),
        call("vhangup", 153, 58, "").refused(Errno.EPERM),
        call("modify_ldt", 154, NONE, "int pointer size").refused(Errno.EPERM),
        call("pivot_root", 155, 41, "path path").refused(Errno.EPERM),
        call("adjtimex", 159, 171, "pointer").refused(Errno.EPERM),
        call("chroot", 161, 51, "path").refused(Errno.EPERM),
        call("acct", 163, 89, "path").refused(Errno.EPERM),
        call("settimeofday", 164, 170, "pointer pointer").refused(Errno.EPERM),
        call("mount", 165, 40, "path path path word pointer").refused(Errno.EPERM),
        call("umount2", 166, 39, "path word32").refused(Errno.EPERM),
        call("swapon", 167, 224, "path word32").refused(Errno.EPERM),
        call("swapoff", 168, 225, "path").refused(Errno.EPERM),
        call("reboot", 169, 142, "word32 word32 word32 pointer").refused(Errno.EPERM),
        call("sethostname", 170, 161, "in size").refused(Errno.EPERM),
        call("setdomainname", 171, 162, "in size").refused(Errno.EPERM),
        call("iopl", 172, NONE, "int").refused(Errno.EPERM),
        call("ioperm", 173, NONE, "word word int").refused(Errno.EPERM),
        call("init_module", 175, 105, "pointer size path").refused(Errno.EPERM),
        call("delete_module", 176, 106, "path word32").refused(Errno.EPERM),
        call("quotactl", 179, 60, "word path word pointer").refused(Errno.EPERM),
        call("clock_settime", 227, 112, "clock timespec").refused(Errno.EPERM),
        call("kexec_load", 246, 104, "word word pointer word").refused(Errno.EPERM),
        call("keyctl", 250, 219, "word word word word word").refused(Errno.EPERM),
        call("unshare", 272, 97, "clone").refused(Errno.EPERM),
        call("perf_event_open", 298, 241, "pointer int int int word").refused(Errno.EPERM),
        call("open_by_handle_at", 304, 265, "int pointer way").refused(Errno.EPERM),
        call("clock_adjtime", 305, 266, "clock pointer").refused(Errno.EPERM),
        call("setns", 308, 268, "int word32").refused(Errno.EPERM),
        call("process_vm_readv", 310, 270, "int pointer size pointer size word")
            .refused(Errno.EPERM),
        call("process_vm_writev", 311, 271, "int pointer size pointer size word")
            .refused(Errno.EPERM),
        call("finit_module", 313, 273, "int text word32").refused(Errno.EPERM),
        call("seccomp", 317, 277, "word32 word32 pointer").refused(Errno.EPERM),
        call("kexec_file_load", 320, 294, "int int size text word").refused(Errno.EPERM),
        call("bpf", 321, 280, "word32 pointer uint").refused(Errno.EPERM),
        call("userfaultfd", 323, 282, "word32").refused(Errno.EPERM),

        // Calls on objects that do not exist here.
        call("shmget", 29, 194, "word size word32").refused(Errno.ENOSYS),
        call("shmat", 30, 196, "int pointer word32 > address").refused(Errno.ENOSYS),
        call("shmctl", 31, 195, "int int pointer").refused(Errno.ENOSYS),
        call("semget", 64, 190, "word int word32").refused(Errno.ENOSYS),
        call("semop", 65, 193, "int pointer size").refused(Errno.ENOSYS),
        call("semctl", 66, 191, "int int int word").refused(Errno.ENOSYS),
        call("shmdt", 67, 197, "pointer").refused(Errno.ENOSYS),
        call("msgget", 68, 186, "word word32").refused(Errno.ENOSYS),
        call("msgsnd", 69, 189, "int pointer size word32").refused(Errno.ENOSYS),
        call("msgrcv", 70, 188, "int pointer size long word32").refused(Errno.ENOSYS),
        call("msgctl", 71, 187, "int int pointer").refused(Errno.ENOSYS),
        call("uselib", 134, NONE, "path").refused(Errno.ENOSYS),
        call("ustat", 136, NONE, "word pointer").refused(Errno.ENOSYS),
        call("_sysctl", 156, NONE, "pointer").refused(Errno.ENOSYS),
        call("get_kernel_syms", 177, NONE, "pointer").refused(Errno.ENOSYS),
        call("set_thread_area", 205, NONE, "pointer").refused(Errno.ENOSYS),
        call("io_setup", 206, 0, "uint pointer").refused(Errno.ENOSYS),
        call("io_destroy", 207, 1, "word").refused(Errno.ENOSYS),
        call("io_getevents", 208, 4, "word long long pointer timespec").refused(Errno.ENOSYS),
        call("io_submit", 209, 2, "word long pointer").refused(Errno.ENOSYS),
        call("io_cancel", 210, 3, "word pointer pointer").refused(Errno.ENOSYS),
        call("get_thread_area", 211, NONE, "pointer").refused(Errno.ENOSYS),
        call("lookup_dcookie", 212, 18, "word pointer size").refused(Errno.ENOSYS),
        call("remap_file_pages", 216, 234, "pointer size protection word word")
            .refused(Errno.ENOSYS),
        call("restart_syscall", 219, 128, "").refused(Errno.ENOSYS),
        call("semtimedop", 220, 192, "int pointer size timespec").refused(Errno.ENOSYS),
        call("mbind", 237, 235, "pointer size word pointer size word").refused(Errno.ENOSYS),
        call("set_mempolicy", 238, 237, "word pointer size").refused(Errno.ENOSYS),
        call("get_mempolicy", 239, 236, "intout pointer size pointer word").refused(Errno.ENOSYS),
        call("mq_open", 240, 180, "path way created pointer").refused(Errno.ENOSYS),
        call("mq_unlink", 241, 181, "path").refused(Errno.ENOSYS),
        call("mq_timedsend", 242, 182, "int in size uint timespec").refused(Errno.ENOSYS),
        call("mq_timedreceive", 243, 183, "int out size pointer timespec").refused(Errno.ENOSYS),
        call("mq_notify", 244, 184, "int pointer").refused(Errno.ENOSYS),
        call("mq_getsetattr", 245, 185, "int pointer pointer").refused(Errno.ENOSYS),
        call("add_key", 248, 217, "text text in size int").refused(Errno.ENOSYS),
        call("request_key", 249, 218, "path path path int").refused(Errno.ENOSYS),
        call("inotify_add_watch", 254, 27, "int path word32").refused(Errno.ENOSYS),
        call("inotify_rm_watch", 255, 28, "int int").refused(Errno.ENOSYS),
        call("migrate_pages", 256, 238, "int size pointer pointer").refused(Errno.ENOSYS),
        call("move_pages", 279, 239, "int size pointer pointer pointer word32")
            .refused(Errno.ENOSYS),
        call("fanotify_init", 300, 262, "word32 word32").refused(Errno.ENOSYS),
        call("fanotify_mark", 301, 263, "int word32 word folder path").refused(Errno.ENOSYS),
        call("name_to_handle_at", 303, 264, "folder path pointer pointer at").refused(Errno.ENOSYS),
        call("kcmp", 312, 272, "int int int word word").refused(Errno.ENOSYS),
        call("sched_setattr", 314, 274, "int pointer word32").refused(Errno.ENOSYS),
        call("pkey_mprotect", 329, 288, "pointer size protection int").refused(Errno.ENOSYS),
        call("pkey_alloc", 330, 289, "word32 word32").refused(Errno.ENOSYS),
        call("pkey_free", 331, 290, "int").refused(Errno.ENOSYS),
        call("io_pgetevents", 333, 292, "word long long pointer timespec pointer")
            .refused(Errno.ENOSYS),
        call("io_uring_setup", 425, 425, "uint pointer").refused(Errno.ENOSYS),
        call("io_uring_enter", 426, 426, "int uint uint word32 pointer size").refused(Errno.ENOSYS),
        call("io_uring_register", 427, 427, "int word32 pointer uint").refused(Errno.ENOSYS),
        call("open_tree", 428, 428, "folder path word32").refused(Errno.ENOSYS),
        call("move_mount", 429, 429, "folder path folder path word32").refused(Errno.ENOSYS),
        call("fsopen", 430, 430, "text word32").refused(Errno.ENOSYS),
        call("fsconfig", 431, 431, "int word32 text pointer int").refused(Errno.ENOSYS),
        call("fsmount", 432, 432, "int word32 word32").refused(Errno.ENOSYS),
        call("fspick", 433, 433, "folder path word32").refused(Errno.ENOSYS),
        call("openat2", 437, 437, "folder path openhow size").refused(Errno.ENOSYS),
        call("process_madvise", 440, 440, "int pointer size advice word32").refused(Errno.ENOSYS),
        call("mount_setattr", 442, 442, "folder path at pointer size").refused(Errno.ENOSYS),
        call("quotactl_fd", 443, 443, "int word32 int pointer").refused(Errno.ENOSYS),
        call("landlock_create_ruleset", 444, 444, "pointer size word32").refused(Errno.ENOSYS),
        call("landlock_add_rule", 445, 445, "int word32 pointer word32").refused(Errno.ENOSYS),
        call("landlock_restrict_self", 446, 446, "int word32").refused(Errno.ENOSYS),
        call("memfd_secret", 447, 447, "word32").refused(Errno.ENOSYS),
        call("process_mrelease", 448, 448, "int word32").refused(Errno.ENOSYS),
        call("set_mempolicy_home_node", 450, 450, "pointer size size word").refused(Errno.ENOSYS),

        // Names that no kernel implements.
        unimplemented("create_module", 174, NONE),
        unimplemented("query_module", 178, NONE),
        unimplemented("nfsservctl", 180, 42),
        unimplemented("getpmsg", 181, NONE),
        unimplemented("putpmsg", 182, NONE),
        unimplemented("afs_syscall", 183, NONE),
        unimplemented("tuxcall", 184, NONE),
        unimplemented("security", 185, NONE),
        unimplemented("epoll_ctl_old", 214, NONE),
        unimplemented("epoll_wait_old", 215, NONE),
        unimplemented("vserver", 236, NONE));
  }
}
