package io.hyperlight.containment;

import static io.hyperlight.containment.ProgramAttack.comesToNothing;
import static io.hyperlight.containment.ProgramAttack.ends;

import io.hyperlight.error.GuestDeadlockException;
import io.hyperlight.error.GuestFaultException;
import java.util.List;

/** Attacks that need a second thread, and what belongs to threads. */
final class ThreadAttacks {
  private ThreadAttacks() {}

  /** Writes a value to the save areas of all threads but the first, again and again. */
  private static String forge(String place, String value) {
    return """
    start(yields), start(yields), sched_yield();
    for (int round = 0; round < 50; round++) {
        for (int i = 1; i < 4; i++) {
            *(volatile uint64_t *)(AREAS + i * PAGE + %s) = %s;
        }
        sched_yield();
    }
    """
        .formatted(place, value);
  }

  static List<ProgramAttack> all() {
    return List.of(
        comesToNothing(
            "be woken several times in one call",
            """
            pthread_t thread = start(waits_twice);
            MUST(until_some(FUTEX_WAKE_PRIVATE, 3, 0, NULL) > 0);
            pthread_join(thread, NULL);
            MUST(result_of_thread >= 0 && result_of_thread < 3);
            """),
        comesToNothing(
            "be woken and moved in one call",
            """
            pthread_t thread = start(waits_twice);
            MUST(until_some(FUTEX_REQUEUE_PRIVATE, 1, 2, &second_word) > 0);
            pthread_join(thread, NULL);
            MUST(result_of_thread >= 0 && result_of_thread < 3);
            MUST(syscall(SYS_futex, &first_word, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0) == 0);
            MUST(syscall(SYS_futex, &second_word, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0) == 0);
            """),
        comesToNothing(
            "unmap, move or protect where threads are saved",
            """
            pthread_t thread = start(yields);
            for (long i = 0; i < 1024; i += i < 3 || i > 1000 ? 1 : 499) {
                char *at = (char *)(AREAS + i * PAGE);
                REFUSED(munmap(at, PAGE));
                REFUSED(mprotect(at, PAGE, PROT_READ));
                REFUSED(mprotect(at, PAGE, PROT_NONE));
                REFUSED(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
                REFUSED(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
                REFUSED(mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
                REFUSED(madvise(at, PAGE, MADV_DONTNEED));
                REFUSED(madvise(at, PAGE, MADV_FREE));
                void *other = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                REFUSED(mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at));
                sched_yield();
            }
            stops = 1;
            pthread_join(thread, NULL);
            """),
        ends(
            "a saved base that no processor can have",
            GuestFaultException.class,
            forge("FS_BASE", "1ul << 63")),
        ends(
            "saved state in a format that is not used",
            GuestFaultException.class,
            forge("520", "1")),
        ends(
            "saved state of parts that are not there",
            GuestFaultException.class,
            forge("512", "-1ul")),
        ends("a saved MXCSR of ones", GuestFaultException.class, forge("24", "-1ul")),
        ends(
            "a lock that its own waiter has",
            GuestDeadlockException.class,
            """
            first_word = (uint32_t)syscall(SYS_gettid);
            start(yields), stops = 1;
            FAILS(EDEADLK, syscall(SYS_futex, &first_word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
            first_word = 4711;
            FAILS(ESRCH, syscall(SYS_futex, &first_word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
            first_word = 0;
            for (;;) {
                syscall(SYS_futex, &first_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
            }
            """),
        comesToNothing(
            "thousands of watchers of one event",
            """
            int polls[100], count = 0;
            for (size_t i = 0; i < COUNT(polls); i++) {
                polls[i] = epoll_create1(0);
            }
            int event = eventfd(0, 0);
            for (int number = 120; number < 250; number++) {
                MUST(dup2(event, number) == number);
                for (size_t i = 0; i < COUNT(polls); i++) {
                    struct epoll_event interest = {.events = EPOLLIN};
                    if (epoll_ctl(polls[i], EPOLL_CTL_ADD, number, &interest) != 0) {
                        int error = errno;
                        MUST(error == ENOSPC && count >= 1000);
                        return;
                    }
                    count++;
                }
            }
            MUST(0);
            """));
  }
}
