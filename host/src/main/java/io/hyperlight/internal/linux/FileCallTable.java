package io.hyperlight.internal.linux;

import static io.hyperlight.internal.linux.SystemCall.NONE;
import static io.hyperlight.internal.linux.SystemCall.call;

import java.util.List;

/** Lists the system calls on descriptors and files that are answered. */
final class FileCallTable {
  private FileCallTable() {}

  static List<SystemCall> lines() {
    return List.of(
        // Reading and writing: TransferCalls, SpliceCalls.
        call("read", 0, 63, "int out size").by((h, a, b, c) -> h.transfers.read((int) a, b, c)),
        call("write", 1, 64, "int in size").by((h, a, b, c) -> h.transfers.write((int) a, b, c)),
        call("pread64", 17, 67, "int out size long")
            .by((h, a, b, c, d) -> h.transfers.pread64((int) a, b, c, d)),
        call("pwrite64", 18, 68, "int in size long")
            .by((h, a, b, c, d) -> h.transfers.pwrite64((int) a, b, c, d)),
        call("readv", 19, 65, "int outparts size")
            .by((h, a, b, c) -> h.transfers.readv((int) a, b, c)),
        call("writev", 20, 66, "int inparts size")
            .by((h, a, b, c) -> h.transfers.writev((int) a, b, c)),
        call("preadv", 295, 69, "int outparts size long")
            .by((h, a, b, c, d) -> h.transfers.preadv((int) a, b, c, d)),
        call("pwritev", 296, 70, "int inparts size long")
            .by((h, a, b, c, d) -> h.transfers.pwritev((int) a, b, c, d)),
        call("preadv2", 327, 286, "int outparts size long - word32")
            .partly("hints only")
            .by((h, a, b, c, d, _, f) -> h.transfers.preadv2((int) a, b, c, d, (int) f)),
        call("pwritev2", 328, 287, "int inparts size long - word32")
            .partly("hints only")
            .by((h, a, b, c, d, _, f) -> h.transfers.pwritev2((int) a, b, c, d, (int) f)),
        call("lseek", 8, 62, "int long whence")
            .by((h, a, b, c) -> h.transfers.lseek((int) a, b, (int) c)),
        call("sendfile", 40, 71, "int int offset size")
            .by((h, a, b, c, d) -> h.transfers.sendfile((int) a, (int) b, c, d)),
        call("copy_file_range", 326, 285, "int offset int offset size word32")
            .by((h, a, b, c, d, e, f) ->
                h.transfers.copyFileRange((int) a, b, (int) c, d, e, (int) f)),
        call("ftruncate", 77, 46, "int long").by((h, a, b) -> h.transfers.ftruncate((int) a, b)),
        call("fallocate", 285, 47, "int fallocate long long")
            .partly("reserves and punches holes")
            .by((h, a, b, c, d) -> h.transfers.fallocate((int) a, (int) b, c, d)),
        call("fadvise64", 221, 223, "int long size fadvice")
            .partly("has no effect")
            .by((h, a, _, c, d) -> h.transfers.fadvise64((int) a, c, (int) d)),
        call("readahead", 187, 213, "int long size")
            .partly("has no effect")
            .by((h, a) -> h.transfers.readahead((int) a)),
        call("fsync", 74, 82, "int").by((h, a) -> h.transfers.fsync((int) a)),
        call("fdatasync", 75, 83, "int").by((h, a) -> h.transfers.fsync((int) a)),
        call("sync_file_range", 277, 84, "int long long word32")
            .by((h, a) -> h.transfers.fsync((int) a)),
        call("sync", 162, 81, "").by(h -> h.transfers.sync()),
        call("syncfs", 306, 267, "int").by((h, a) -> h.transfers.syncfs((int) a)),
        call("splice", 275, 76, "int pointer int pointer size word32")
            .by((h, a, b, c, d, e, f) -> h.splices.splice((int) a, b, (int) c, d, e, (int) f)),
        call("tee", 276, 77, "int int size word32")
            .by((h, a, b, c, d) -> h.splices.tee((int) a, (int) b, c, (int) d)),
        call("vmsplice", 278, 75, "int inparts size word32")
            .by((h, a, b, c, d) -> h.splices.vmsplice((int) a, b, c, (int) d)),

        // Descriptors: OpenCalls, DescriptorCalls, PollCalls.
        call("open", 2, NONE, "path way created")
            .by((h, a, b, c) -> h.opens.open(a, (int) b, (int) c)),
        call("openat", 257, 56, "folder path way created")
            .by((h, a, b, c, d) -> h.opens.openat((int) a, b, (int) c, (int) d)),
        call("creat", 85, NONE, "path mode").by((h, a, b) -> h.opens.creat(a, (int) b)),
        call("memfd_create", 319, 279, "text memfd")
            .partly("no huge pages")
            .by((h, a, b) -> h.memoryFiles.memfdCreate(a, (int) b)),
        call("close", 3, 57, "int").by((h, a) -> h.descriptors.close((int) a)),
        call("close_range", 436, 436, "uint uint closerange")
            .by((h, a, b, c) -> h.descriptors.closeRange((int) a, (int) b, (int) c)),
        call("dup", 32, 23, "int").by((h, a) -> h.descriptors.dup((int) a)),
        call("dup2", 33, NONE, "int int").by((h, a, b) -> h.descriptors.dup2((int) a, (int) b)),
        call("dup3", 292, 24, "int int pipe")
            .by((h, a, b, c) -> h.descriptors.dup3((int) a, (int) b, (int) c)),
        call("pipe", 22, NONE, "pair").by((h, a) -> h.descriptors.pipe(a)),
        call("pipe2", 293, 59, "pair pipe")
            .partly("no packets")
            .by((h, a, b) -> h.descriptors.pipe2(a, (int) b)),
        call("fcntl", 72, 25, "int fcntl fcntlargument > by_command")
            .partly("locks are always granted; no leases, no seals")
            .by((h, a, b, c) -> h.descriptors.fcntl((int) a, (int) b, c)),
        call("flock", 73, 32, "int flock")
            .partly("locks are always granted")
            .by((h, a, b) -> h.descriptors.flock((int) a, (int) b)),
        call("ioctl", 16, 29, "int ioctl pointer")
            .partly("FIONREAD, FIONBIO, FIOCLEX, FIONCLEX")
            .by((h, a, b, c) -> h.descriptors.ioctl((int) a, (int) b, c)),
        call("poll", 7, NONE, "pollfds uint int > ready")
            .by((h, a, b, c) -> h.polls.poll(a, (int) b, (int) c)),
        call("ppoll", 271, 73, "pollfds uint timespec signals size > ready")
            .by((h, a, b, c, d, e) -> h.polls.ppoll(a, (int) b, c, d, e)),
        call("select", 23, NONE, "int fds fds fds timeval")
            .by((h, a, b, c, d, e) -> h.polls.select((int) a, b, c, d, e)),
        call("pselect6", 270, 72, "int fds fds fds timespec pointer")
            .by((h, a, b, c, d, e, f) -> h.polls.pselect6((int) a, b, c, d, e, f)),

        // Descriptors for events: EventCalls, PollCalls.
        call("eventfd", 284, NONE, "uint").by((h, a) -> h.events.eventfd((int) a)),
        call("timerfd_create", 283, 85, "clock word")
            .by((h, a, b) -> h.timerFiles.timerfdCreate((int) a, (int) b)),
        call("timerfd_settime", 286, 86, "int word32 pointer pointer")
            .by((h, a, b, c, d) -> h.timerFiles.timerfdSettime((int) a, (int) b, c, d)),
        call("timerfd_gettime", 287, 87, "int pointer")
            .by((h, a, b) -> h.timerFiles.timerfdGettime((int) a, b)),
        call("eventfd2", 290, 19, "uint event")
            .by((h, a, b) -> h.events.eventfd2((int) a, (int) b)),
        call("signalfd", 282, NONE, "int signals size")
            .by((h, a, b, c) -> h.events.signalfd((int) a, b, c)),
        call("signalfd4", 289, 74, "int signals size word32")
            .by((h, a, b, c, d) -> h.events.signalfd4((int) a, b, c, (int) d)),
        call("pidfd_open", 434, 434, "int word32")
            .partly("of its own process")
            .by((h, a, b) -> h.processFiles.pidfdOpen((int) a, (int) b)),
        call("pidfd_send_signal", 424, 424, "int signal pointer word32")
            .by((h, a, b, c, d) -> h.processFiles.pidfdSendSignal((int) a, (int) b, c, (int) d)),
        call("pidfd_getfd", 438, 438, "int int word32")
            .by((h, a, b, c) -> h.processFiles.pidfdGetfd((int) a, (int) b, (int) c)),
        call("epoll_create", 213, NONE, "int").by((h, a) -> h.events.epollCreate((int) a)),
        call("epoll_create1", 291, 20, "epollcreate").by((h, a) -> h.events.epollCreate1((int) a)),
        call("epoll_ctl", 233, 21, "int epollctl int pointer")
            .by((h, a, b, c, d) -> h.events.epollCtl((int) a, (int) b, (int) c, d)),
        call("epoll_wait", 232, NONE, "int pointer int int")
            .by((h, a, b, c, d) -> h.polls.epollWait((int) a, b, (int) c, (int) d)),
        call("epoll_pwait", 281, 22, "int pointer int int signals size")
            .by((h, a, b, c, d, e, f) -> h.polls.epollPwait((int) a, b, (int) c, (int) d, e, f)),
        call("epoll_pwait2", 441, 441, "int pointer int timespec signals size")
            .by((h, a, b, c, d, e, f) -> h.polls.epollPwait2((int) a, b, (int) c, d, e, f)),

        // Connected sockets: SocketCalls, SocketOptionCalls.
        call("socketpair", 53, 199, "family socket spoken pair")
            .partly("AF_UNIX only")
            .by((h, a, b, c, d) -> h.sockets.socketpair((int) a, (int) b, (int) c, d)),
        call("sendto", 44, 206, "int in size message pointer int")
            .by((h, a, b, c, d, e, f) -> h.sockets.sendto((int) a, b, c, (int) d, e, (int) f)),
        call("recvfrom", 45, 207, "int out size message pointer pointer")
            .by((h, a, b, c, d, e, f) -> h.sockets.recvfrom((int) a, b, c, (int) d, e, f)),
        call("sendmsg", 46, 211, "int pointer message")
            .by((h, a, b, c) -> h.sockets.sendmsg((int) a, b, (int) c)),
        call("recvmsg", 47, 212, "int pointer message")
            .by((h, a, b, c) -> h.sockets.recvmsg((int) a, b, (int) c)),
        call("shutdown", 48, 210, "int int").by((h, a, b) -> h.sockets.shutdown((int) a, (int) b)),
        call("getsockname", 51, 204, "int pointer pointer")
            .by((h, a, b, c) -> h.sockets.getsockname((int) a, b, c)),
        call("getpeername", 52, 205, "int pointer pointer")
            .by((h, a, b, c) -> h.sockets.getpeername((int) a, b, c)),
        call("setsockopt", 54, 208, "int int int pointer int")
            .by((h, a, b, c, d, e) ->
                h.socketOptions.setsockopt((int) a, (int) b, (int) c, d, (int) e)),
        call("getsockopt", 55, 209, "int int int pointer pointer")
            .by((h, a, b, c, d, e) -> h.socketOptions.getsockopt((int) a, (int) b, (int) c, d, e)),

        // Files: StatCalls, DirectoryCalls, PathCalls, AttributeCalls.
        call("stat", 4, NONE, "path stat").by((h, a, b) -> h.stats.stat(a, b)),
        call("lstat", 6, NONE, "path stat").by((h, a, b) -> h.stats.lstat(a, b)),
        call("fstat", 5, 80, "int stat").by((h, a, b) -> h.stats.fstat((int) a, b)),
        call("newfstatat", 262, 79, "folder path stat at")
            .by((h, a, b, c, d) -> h.stats.newfstatat((int) a, b, c, (int) d)),
        call("statx", 332, 291, "folder path atstatx statxmask statx")
            .by((h, a, b, c, d, e) -> h.stats.statx((int) a, b, (int) c, d, e)),
        call("access", 21, NONE, "path access").by((h, a, b) -> h.stats.access(a, (int) b)),
        call("faccessat", 269, 48, "folder path access")
            .by((h, a, b, c) -> h.stats.faccessat2((int) a, b, (int) c, 0)),
        call("faccessat2", 439, 439, "folder path access ataccess")
            .by((h, a, b, c, d) -> h.stats.faccessat2((int) a, b, (int) c, (int) d)),
        call("statfs", 137, 43, "path statfs").by((h, a, b) -> h.stats.statfs(a, b)),
        call("fstatfs", 138, 44, "int statfs").by((h, a, b) -> h.stats.fstatfs((int) a, b)),
        call("getdents", 78, NONE, "int pointer uint")
            .by((h, a, b, c) -> h.directories.getdents((int) a, b, (int) c)),
        call("getdents64", 217, 61, "int entries uint")
            .by((h, a, b, c) -> h.directories.getdents64((int) a, b, (int) c)),
        call("getcwd", 79, 17, "outpath size").by((h, a, b) -> h.directories.getcwd(a, b)),
        call("chdir", 80, 49, "path").by((h, a) -> h.directories.chdir(a)),
        call("fchdir", 81, 50, "int").by((h, a) -> h.directories.fchdir((int) a)),
        call("umask", 95, 166, "mode > octal").by((h, a) -> h.directories.umask((int) a)),
        call("truncate", 76, 45, "path long").by((h, a, b) -> h.paths.truncate(a, b)),
        call("rename", 82, NONE, "path path").by((h, a, b) -> h.paths.rename(a, b)),
        call("renameat", 264, 38, "folder path folder path")
            .by((h, a, b, c, d) -> h.paths.renameat2((int) a, b, (int) c, d, 0)),
        call("renameat2", 316, 276, "folder path folder path rename")
            .by((h, a, b, c, d, e) -> h.paths.renameat2((int) a, b, (int) c, d, (int) e)),
        call("mkdir", 83, NONE, "path mode").by((h, a, b) -> h.paths.mkdir(a, (int) b)),
        call("mkdirat", 258, 34, "folder path mode")
            .by((h, a, b, c) -> h.paths.mkdirat((int) a, b, (int) c)),
        call("rmdir", 84, NONE, "path").by((h, a) -> h.paths.rmdir(a)),
        call("link", 86, NONE, "path path").by((h, a, b) -> h.paths.link(a, b)),
        call("linkat", 265, 37, "folder path folder path at")
            .by((h, a, b, c, d, e) -> h.paths.linkat((int) a, b, (int) c, d, (int) e)),
        call("unlink", 87, NONE, "path").by((h, a) -> h.paths.unlink(a)),
        call("unlinkat", 263, 35, "folder path at")
            .by((h, a, b, c) -> h.paths.unlinkat((int) a, b, (int) c)),
        call("symlink", 88, NONE, "path path").by((h, a, b) -> h.paths.symlink(a, b)),
        call("symlinkat", 266, 36, "path folder path")
            .by((h, a, b, c) -> h.paths.symlinkat(a, (int) b, c)),
        call("readlink", 89, NONE, "path out size")
            .by((h, a, b, c) -> h.paths.readlink(a, b, (int) c)),
        call("readlinkat", 267, 78, "folder path out size")
            .by((h, a, b, c, d) -> h.paths.readlinkat((int) a, b, c, (int) d)),
        call("mknod", 133, NONE, "path node word")
            .partly("no devices")
            .by((h, a, b, c) -> h.paths.mknod(a, (int) b, c)),
        call("mknodat", 259, 33, "folder path node word")
            .partly("no devices")
            .by((h, a, b, c, d) -> h.paths.mknodat((int) a, b, (int) c, d)),
        call("chmod", 90, NONE, "path mode").by((h, a, b) -> h.attributes.chmod(a, (int) b)),
        call("fchmod", 91, 52, "int mode").by((h, a, b) -> h.attributes.fchmod((int) a, (int) b)),
        call("fchmodat", 268, 53, "folder path mode")
            .by((h, a, b, c) -> h.attributes.fchmodat((int) a, b, (int) c)),
        call("chown", 92, NONE, "path int int")
            .partly("only to the present owner and group")
            .by((h, a, b, c) -> h.attributes.chown(a, (int) b, (int) c)),
        call("fchown", 93, 55, "int int int")
            .partly("only to the present owner and group")
            .by((h, a, b, c) -> h.attributes.fchown((int) a, (int) b, (int) c)),
        call("lchown", 94, NONE, "path int int")
            .partly("only to the present owner and group")
            .by((h, a, b, c) -> h.attributes.lchown(a, (int) b, (int) c)),
        call("fchownat", 260, 54, "folder path int int at")
            .partly("only to the present owner and group")
            .by((h, a, b, c, d, e) -> h.attributes.fchownat((int) a, b, (int) c, (int) d, (int) e)),
        call("utime", 132, NONE, "path pointer").by((h, a, b) -> h.attributes.utime(a, b)),
        call("utimes", 235, NONE, "path timevals").by((h, a, b) -> h.attributes.utimes(a, b)),
        call("futimesat", 261, NONE, "folder path timevals")
            .by((h, a, b, c) -> h.attributes.futimesat((int) a, b, c)),
        call("utimensat", 280, 88, "folder path utimes at")
            .by((h, a, b, c, d) -> h.attributes.utimensat((int) a, b, c, (int) d)),
        call("setxattr", 188, 5, "path text in size word32")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.setxattr(a, b)),
        call("lsetxattr", 189, 6, "path text in size word32")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.lsetxattr(a, b)),
        call("fsetxattr", 190, 7, "int text in size word32")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.fsetxattr((int) a, b)),
        call("getxattr", 191, 8, "path text out size")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.getxattr(a, b)),
        call("lgetxattr", 192, 9, "path text out size")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.lgetxattr(a, b)),
        call("fgetxattr", 193, 10, "int text out size")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.fgetxattr((int) a, b)),
        call("listxattr", 194, 11, "path out size")
            .partly("there are no extended attributes")
            .by((h, a) -> h.attributes.listxattr(a)),
        call("llistxattr", 195, 12, "path out size")
            .partly("there are no extended attributes")
            .by((h, a) -> h.attributes.llistxattr(a)),
        call("flistxattr", 196, 13, "int out size")
            .partly("there are no extended attributes")
            .by((h, a) -> h.attributes.flistxattr((int) a)),
        call("removexattr", 197, 14, "path text")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.removexattr(a, b)),
        call("lremovexattr", 198, 15, "path text")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.lremovexattr(a, b)),
        call("fremovexattr", 199, 16, "int text")
            .partly("there are no extended attributes")
            .by((h, a, b) -> h.attributes.fremovexattr((int) a, b)));
  }
}
