package io.hyperlight.internal.linux;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Linux's system calls take and return: from section 2 of the manual and the kernel's {@code
 * include/linux/syscalls.h}. Those that no kernel implements are missing.
 */
final class CallSignatures {
  /**
   * A line for each signature: the kinds of its arguments, as {@link ArgumentKinds} and {@link
   * FlagSets} have them; after {@code >} how the result is shown, if it is not a number; after a
   * colon the calls that have it.
   */
  private static final String TABLE =
      """
      : fork getegid geteuid getgid getpgrp getpid getppid gettid getuid inotify_init munlockall \
        pause restart_syscall rt_sigreturn sched_yield setsid sync vfork vhangup
      arch archaddress : arch_prctl
      bytes size random : getrandom
      clock pointer : clock_adjtime
      clock pointer pointer : timer_create
      clock timer timespec remaining : clock_nanosleep
      clock timespec : clock_settime
      clock timespecout : clock_getres clock_gettime
      clock word : timerfd_create
      clone : unshare
      clonecall : clone
      epollcreate : epoll_create1
      family socket spoken : socket
      family socket spoken pair : socketpair
      folder path access : faccessat
      folder path access ataccess : faccessat2
      folder path at : unlinkat
      folder path at pointer size : mount_setattr
      folder path atstatx statxmask statx : statx
      folder path folder path : renameat
      folder path folder path at : linkat
      folder path folder path rename : renameat2
      folder path folder path word32 : move_mount
      folder path int int at : fchownat
      folder path mode : fchmodat mkdirat
      folder path node word : mknodat
      folder path openhow size : openat2
      folder path out size : readlinkat
      folder path pointer pointer at : name_to_handle_at
      folder path stat at : newfstatat
      folder path texts pointer at : execveat
      folder path timevals : futimesat
      folder path utimes at : utimensat
      folder path way created : openat
      folder path word32 : fspick open_tree
      how signals signalsout size : rt_sigprocmask
      in size : setdomainname sethostname
      int : alarm close dup epoll_create exit exit_group fchdir fdatasync fsync getpgid getsid \
        iopl pkey_free sched_get_priority_max sched_get_priority_min sched_getscheduler setfsgid \
        setfsuid setgid setuid syncfs timer_delete timer_getoverrun
      int entries uint : getdents64
      int epollctl int pointer : epoll_ctl
      int fallocate long long : fallocate
      int fcntl fcntlargument > by_command : fcntl
      int fds fds fds timespec pointer : pselect6
      int fds fds fds timeval : select
      int flock : flock
      int in size : write
      int in size long : pwrite64
      int in size message pointer int : sendto
      int in size uint timespec : mq_timedsend
      int inparts size : writev
      int inparts size long : pwritev
      int inparts size long - word32 : pwritev2
      int inparts size word32 : vmsplice
      int int : dup2 inotify_rm_watch ioprio_get listen setpgid setregid setreuid shutdown
      int int int : fchown ioprio_set setresgid setresuid
      int int int pointer int : setsockopt
      int int int pointer pointer : getsockopt
      int int int word : semctl
      int int int word word : kcmp
      int int offset size : sendfile
      int int pipe : dup3
      int int pointer : msgctl sched_setscheduler shmctl
      int int pointer pointer : ptrace
      int int pointer wait pointer : waitid
      int int signal : tgkill
      int int signal pointer : rt_tgsigqueueinfo
      int int size text word : kexec_file_load
      int int size word32 : tee
      int int word32 : pidfd_getfd
      int intout wait pointer : wait4
      int ioctl pointer : ioctl
      int long : ftruncate
      int long long word32 : sync_file_range
      int long size : readahead
      int long size fadvice : fadvise64
      int long whence : lseek
      int mode : fchmod
      int offset int offset size word32 : copy_file_range
      int out size : flistxattr read
      int out size long : pread64
      int out size message pointer pointer : recvfrom
      int out size pointer timespec : mq_timedreceive
      int outparts size : readv
      int outparts size long : preadv
      int outparts size long - word32 : preadv2
      int path word32 : inotify_add_watch
      int pointer : capget capset getgroups getitimer mq_notify sched_getparam \
        sched_rr_get_interval sched_setparam setgroups timer_gettime timerfd_gettime
      int pointer int : bind connect syslog
      int pointer int int : epoll_wait
      int pointer int int signals size : epoll_pwait
      int pointer int pointer size word32 : splice
      int pointer int timespec signals size : epoll_pwait2
      int pointer message : recvmsg sendmsg
      int pointer pointer : accept get_robust_list getpeername getsockname mq_getsetattr \
        setitimer sysfs
      int pointer pointer socket : accept4
      int pointer size : modify_ldt semop
      int pointer size advice word32 : process_madvise
      int pointer size long word32 : msgrcv
      int pointer size pointer size word : process_vm_readv process_vm_writev
      int pointer size timespec : semtimedop
      int pointer size word32 : msgsnd
      int pointer uint : getdents
      int pointer uint message : sendmmsg
      int pointer uint message timespec : recvmmsg
      int pointer uint word32 : sched_getattr
      int pointer way : open_by_handle_at
      int pointer word32 : sched_setattr
      int pointer word32 > address : shmat
      int resource limit limitout : prlimit64
      int signal : kill tkill
      int signal pointer : rt_sigqueueinfo
      int signal pointer word32 : pidfd_send_signal
      int signals size : signalfd
      int signals size word32 : signalfd4
      int size pointer pointer : migrate_pages
      int size pointer pointer pointer word32 : move_pages
      int size processors : sched_setaffinity
      int size processorsout : sched_getaffinity
      int stat : fstat
      int statfs : fstatfs
      int text : fremovexattr
      int text in size word32 : fsetxattr
      int text out size : fgetxattr
      int text word32 : finit_module
      int uint uint word32 pointer size : io_uring_enter
      int word32 : landlock_restrict_self pidfd_open process_mrelease setns
      int word32 int pointer : quotactl_fd
      int word32 pointer pointer : timer_settime timerfd_settime
      int word32 pointer uint : io_uring_register
      int word32 pointer word32 : landlock_add_rule
      int word32 text pointer int : fsconfig
      int word32 word folder path : fanotify_mark
      int word32 word32 : fsmount
      intout intout intout : getresgid getresuid
      intout intout pointer : getcpu
      intout pointer size pointer word : get_mempolicy
      longout : time
      mode > octal : umask
      outpath size : getcwd
      pair : pipe
      pair pipe : pipe2
      path : acct chdir chroot mq_unlink rmdir swapoff unlink uselib
      path access : access
      path folder path : symlinkat
      path int int : chown lchown
      path long : truncate
      path mode : chmod creat mkdir
      path node word : mknod
      path out size : listxattr llistxattr readlink
      path path : link pivot_root rename symlink
      path path path int : request_key
      path path path word pointer : mount
      path pointer : utime
      path stat : lstat stat
      path statfs : statfs
      path text : lremovexattr removexattr
      path text in size word32 : lsetxattr setxattr
      path text out size : getxattr lgetxattr
      path texts pointer : execve
      path timevals : utimes
      path way created : open
      path way created pointer : mq_open
      path word32 : delete_module swapon umount2
      pointer : _sysctl adjtimex get_kernel_syms get_thread_area set_thread_area set_tid_address \
        shmdt
      pointer > address : brk
      pointer futexop futexrest : futex
      pointer int int int word : perf_event_open
      pointer pointer : settimeofday
      pointer size : clone3 mlock munlock munmap set_robust_list
      pointer size advice : madvise
      pointer size msync : msync
      pointer size path : init_module
      pointer size pointer : mincore
      pointer size protection : mprotect
      pointer size protection int : pkey_mprotect
      pointer size protection map int word > address : mmap
      pointer size protection word word : remap_file_pages
      pointer size size remap moved > address : mremap
      pointer size size word : set_mempolicy_home_node
      pointer size word pointer size word : mbind
      pointer size word32 : landlock_create_ruleset mlock2
      pointer uint word32 timespec clock : futex_waitv
      pointer word32 word32 word32 : rseq
      pollfds uint int > ready : poll
      pollfds uint timespec signals size > ready : ppoll
      prctl prctlrest : prctl
      priority int : getpriority
      priority int int : setpriority
      resource limit : setrlimit
      resource limitout : getrlimit
      signal action actionout size : rt_sigaction
      signals pointer timespec size : rt_sigtimedwait
      signals size : rt_sigsuspend
      signalsout size : rt_sigpending
      stack stackout : sigaltstack
      sysinfoout : sysinfo
      text memfd : memfd_create
      text text in size int : add_key
      text word32 : fsopen
      timesout : times
      timespec remaining : nanosleep
      timevalout pointer : gettimeofday
      uint : eventfd
      uint event : eventfd2
      uint pointer : io_setup io_uring_setup
      uint uint closerange : close_range
      unameout : uname
      usage usageout : getrusage
      word : io_destroy
      word int word32 : semget
      word long long pointer timespec : io_getevents
      word long long pointer timespec pointer : io_pgetevents
      word long pointer : io_submit
      word path word pointer : quotactl
      word pointer : ustat
      word pointer pointer : io_cancel
      word pointer size : lookup_dcookie set_mempolicy
      word size word32 : shmget
      word word int : ioperm
      word word pointer word : kexec_load
      word word word word word : keyctl
      word word32 : msgget
      word32 : inotify_init1 memfd_secret mlockall personality userfaultfd
      word32 pointer uint : bpf
      word32 word32 : fanotify_init pkey_alloc
      word32 word32 int : membarrier
      word32 word32 pointer : seccomp
      word32 word32 word32 pointer : reboot
      """;

  private static final Map<Integer, CallSignature> BY_NUMBER = parse();

  private CallSignatures() {}

  private static Map<Integer, CallSignature> parse() {
    Map<String, Integer> numbers = new HashMap<>();
    for (int number = 0; number < SystemCallNames.END; number++) {
      numbers.put(SystemCallNames.of(number), number);
    }
    Map<Integer, CallSignature> signatures = new HashMap<>();
    for (String line : TABLE.lines().toList()) {
      int colon = line.indexOf(':');
      CallSignature signature = signature(line.substring(0, colon));
      for (String name : words(line.substring(colon + 1))) {
        Integer number = numbers.get(name);
        if (number == null || signatures.putIfAbsent(number, signature) != null) {
          throw new IllegalStateException("twice or no system call: " + name);
        }
      }
    }
    return signatures;
  }

  private static CallSignature signature(String text) {
    int mark = text.indexOf('>');
    String kinds = mark < 0 ? text : text.substring(0, mark);
    return new CallSignature(
        words(kinds).stream().map(ArgumentKinds::of).toList(),
        mark < 0
            ? CallSignature.Result.NUMBER
            : CallSignature.Result.valueOf(
                text.substring(mark + 1).trim().toUpperCase(Locale.ROOT)));
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  /** Null for a number that has none; any may be asked for. */
  static @Nullable CallSignature of(long number) {
    return number >= 0 && number < SystemCallNames.END ? BY_NUMBER.get((int) number) : null;
  }
}
