package io.hyperlight.containment;

import static io.hyperlight.containment.ProgramAttack.comesToNothing;
import static io.hyperlight.containment.ProgramAttack.ends;

import io.hyperlight.error.GuestAbortException;
import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestFaultException;
import io.hyperlight.error.GuestLimitException;
import java.util.List;

/** Attacks with memory, signals, and what a process can do to a kernel. */
final class ProcessAttacks {
  private ProcessAttacks() {}

  static List<ProgramAttack> all() {
    return List.of(
        comesToNothing(
            "what only a kernel can do",
            """
            static const int calls[] = {
                SYS_execve, SYS_execveat, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_ptrace, SYS_mount, SYS_umount2,
                SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_reboot, SYS_swapon, SYS_kexec_load,
                SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
                SYS_io_uring_setup, SYS_io_setup, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open,
                SYS_pidfd_getfd, SYS_kcmp, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_open_tree, SYS_fsopen,
                SYS_move_mount, SYS_memfd_secret, SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open,
                SYS_socket, SYS_socketpair, SYS_keyctl, SYS_add_key, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
                SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_sethostname, SYS_acct, SYS_quotactl,
                SYS_syslog, SYS_vhangup, SYS_fanotify_init, SYS_inotify_init,
                SYS_signalfd4, SYS_landlock_create_ruleset, SYS_seccomp, SYS_openat2,
            };
            int before = count_open();
            for (size_t i = 0; i < COUNT(calls); i++) {
                REFUSED(syscall(calls[i], 0, 0, 0, 0, 0, 0));
                REFUSED(syscall(calls[i], "/proc/self/exe", buffer, buffer, buffer, buffer, buffer));
                REFUSED(syscall(calls[i], -1, -1, -1, -1, -1, -1));
            }
            char *arguments[] = {"x", NULL};
            REFUSED(execve("/proc/self/exe", arguments, arguments));
            REFUSED(syscall(SYS_execveat, open("/proc/self/exe", O_RDONLY), "", arguments, arguments, AT_EMPTY_PATH));
            MUST(count_open() == before + 1);
            """),
        comesToNothing(
            "signals to others",
            """
            FAILS(ESRCH, kill(2, SIGKILL));
            FAILS(ESRCH, kill(INT_MAX, SIGKILL));
            FAILS(ESRCH, syscall(SYS_tgkill, 1, 2, SIGKILL));
            FAILS(ESRCH, syscall(SYS_tkill, 4711, SIGKILL));
            FAILS(EINVAL, kill(1, 65));
            FAILS(EINVAL, kill(1, -1));
            REFUSED(syscall(SYS_tgkill, -1, -1, SIGKILL));
            struct sigaction action = {.sa_handler = SIG_IGN};
            FAILS(EINVAL, sigaction(SIGKILL, &action, NULL));
            FAILS(EINVAL, sigaction(SIGSTOP, &action, NULL));
            FAILS(EINVAL, syscall(SYS_rt_sigaction, 65, NULL, NULL, 8));
            FAILS(EINVAL, syscall(SYS_rt_sigaction, 0, NULL, NULL, 8));
            FAILS(EFAULT, syscall(SYS_rt_sigaction, SIGUSR1, SUPERVISOR, NULL, 8));
            FAILS(EINVAL, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 1ul << 40));
            """),
        ends(
            "a handler that faults without end",
            GuestFaultException.class,
            """
            struct sigaction action = {.sa_flags = SA_NODEFER};
            action.sa_handler = (void (*)(int))NOWHERE;
            MUST(sigaction(SIGSEGV, &action, NULL) == 0);
            *(volatile char *)NOWHERE;
            """),
        ends(
            "a stack for handlers that is not there",
            GuestFaultException.class,
            """
            stack_t stack = {.ss_sp = NOWHERE, .ss_size = 1 << 20};
            struct sigaction action = {.sa_flags = SA_ONSTACK};
            action.sa_handler = (void (*)(int))&exit;
            MUST(sigaltstack(&stack, NULL) == 0);
            MUST(sigaction(SIGSEGV, &action, NULL) == 0);
            *(volatile char *)NOWHERE;
            """),
        ends(
            "a stack for handlers that belongs to the monitor",
            GuestFaultException.class,
            """
            stack_t stack = {.ss_sp = SUPERVISOR, .ss_size = 1 << 20};
            struct sigaction action = {.sa_flags = SA_ONSTACK};
            action.sa_handler = (void (*)(int))&exit;
            if (sigaltstack(&stack, NULL) == 0) {
                MUST(sigaction(SIGSEGV, &action, NULL) == 0);
            }
            *(volatile char *)NOWHERE;
            """),
        ends(
            "more stack than there is",
            GuestFaultException.class,
            """
            char *at = __builtin_frame_address(0);
            for (;; at -= PAGE) {
                *(volatile char *)at = 1;
            }
            """),
        ends("jump to the monitor", GuestFaultException.class, "((void (*)(void))SUPERVISOR)();"),
        ends("abort", GuestAbortException.class, "abort();"),
        ends("kill itself", GuestAbortException.class, "kill(getpid(), SIGKILL);"),
        ends(
            "more output than is kept",
            GuestLimitException.class,
            """
            while (write(1, buffer, sizeof buffer) > 0) {
            }
            """),
        ends("wait for a signal that nobody sends", GuestDeadlockException.class, "pause();"),
        comesToNothing(
            "all memory there is",
            """
            int first = 0;
            for (int round = 0; round < 3; round++) {
                char *before = NULL;
                int count = 0;
                for (char *at; (at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
                         != MAP_FAILED; count++) {
                    at[PAGE] = 1;
                    *(char **)at = before;
                    before = at;
                    MUST(count < 64);
                }
                FAILS(ENOMEM, mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
                FAILS(ENOMEM, mmap(NULL, 1ul << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
                MUST(round == 0 || count == first);
                first = count;
                while (before) {
                    char *next = *(char **)before;
                    MUST(munmap(before, 1 << 20) == 0);
                    before = next;
                }
            }
            """),
        comesToNothing(
            "more mappings than there may be",
            """
            char *at = mmap(NULL, 70000 * 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            MUST(at != MAP_FAILED);
            int count = 0;
            while (count < 70000 && mprotect(at + count * 2 * PAGE, PAGE, count % 2 ? PROT_READ : PROT_WRITE) == 0) {
                count++;
            }
            MUST(count > 1000 && count < 70000);
            FAILS(ENOMEM, mprotect(at + count * 2 * PAGE, PAGE, PROT_READ));
            MUST(munmap(at, 20000 * 2 * PAGE) == 0);
            """),
        comesToNothing(
            "code out of a file",
            """
            static const char code[] = {(char)0xc3};
            int file = open("/data/code", O_RDWR | O_CREAT, 0755);
            MUST(write(file, code, 1) == 1);
            FAILS(EPERM, mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0));
            FAILS(EPERM, mmap(NULL, PAGE, PROT_EXEC, MAP_SHARED, file, 0));
            char *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
            MUST(at != MAP_FAILED);
            REFUSED(mprotect(at, PAGE, PROT_READ | PROT_EXEC));
            at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            at[0] = code[0];
            FAILS(EACCES, mprotect(at, PAGE, PROT_READ | PROT_EXEC));
            MUST(mprotect(at, PAGE, PROT_READ) == 0);
            FAILS(EACCES, mprotect(at, PAGE, PROT_EXEC));
            at = mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
            MUST(at != MAP_FAILED);
            FAILS(EACCES, mprotect(at, PAGE, PROT_EXEC));
            at = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, open("/host/text", O_RDONLY), 0);
            MUST(at != MAP_FAILED);
            REFUSED(mprotect(at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
            if (mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0) {
                FAILS(EACCES, mprotect(at, PAGE, PROT_READ | PROT_EXEC));
            }
            """),
        comesToNothing(
            "take away what is the host's",
            """
            for (unsigned long at = 0x10000; at < 0x15000; at += PAGE) {
                REFUSED(munmap((void *)at, PAGE));
                REFUSED(mprotect((void *)at, PAGE, PROT_READ | PROT_WRITE));
                REFUSED(mmap((void *)at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
                REFUSED(mremap((void *)at, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
                HARMLESS(madvise((void *)at, PAGE, MADV_DONTNEED));
            }
            REFUSED(munmap(NULL, 0x7ffffffff000ul));
            REFUSED(mprotect(NULL, 0x7ffffffff000ul, PROT_READ));
            REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
            REFUSED(mmap(SUPERVISOR, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
            REFUSED(munmap(SUPERVISOR, PAGE));
            """),
        comesToNothing(
            "registers of a kernel's",
            """
            enum { SET_GS = 0x1001, SET_FS = 0x1002 };
            REFUSED(syscall(SYS_arch_prctl, SET_GS, SUPERVISOR));
            REFUSED(syscall(SYS_arch_prctl, SET_FS, 1ul << 63));
            REFUSED(syscall(SYS_arch_prctl, SET_FS, 1ul << 47));
            for (int i = 0; i < 80; i++) {
                if (i != PR_SET_NAME && i != PR_GET_NAME) {
                    HARMLESS(prctl(i, SUPERVISOR, SUPERVISOR, SUPERVISOR, SUPERVISOR));
                }
            }
            FAILS(EFAULT, prctl(PR_GET_NAME, SUPERVISOR));
            for (int i = 0; i < 0x10000; i += 0x111) {
                HARMLESS(syscall(SYS_arch_prctl, i ^ 0x1000, SUPERVISOR));
            }
            """));
  }
}
