/* What glibc makes of /dev/shm: shared memory and semaphores with names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define T(call) printf("%s: %ld, %d\n", #call, (errno = 0, (long)(call)), errno)

int main(void)
{
    struct statfs system;
    struct stat status;
    T(statfs("/dev/shm", &system));
    printf("%lx\n", (long)system.f_type);
    T(stat("/dev/shm", &status));
    printf("%o\n", status.st_mode);
    shm_unlink("/hyperlight-test");
    sem_unlink("/hyperlight-test");
    int file = shm_open("/hyperlight-test", O_CREAT | O_EXCL | O_RDWR, 0600);
    T(file > 0);
    if (file < 0) {
        return 1;
    }
    T(shm_open("/hyperlight-test", O_CREAT | O_EXCL | O_RDWR, 0600));
    T(ftruncate(file, 10000));
    char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    strcpy(p + 5000, "shared");
    int again = shm_open("/hyperlight-test", O_RDONLY, 0);
    char *q = mmap(NULL, 10000, PROT_READ, MAP_SHARED, again, 0);
    printf("%s\n", q + 5000);
    T(access("/dev/shm/hyperlight-test", F_OK));
    T(shm_unlink("/hyperlight-test"));
    strcpy(p + 5000, "unlinked");
    printf("%s\n", q + 5000);
    T(close(file));
    T(munmap(p, 10000));
    printf("%s\n", q + 5000);
    T(shm_open("/hyperlight-test", O_RDWR, 0));

    sem_t *s = sem_open("/hyperlight-test", O_CREAT | O_EXCL, 0600, 1);
    T(s != SEM_FAILED);
    sem_t *t = sem_open("/hyperlight-test", 0);
    T(s == t);
    int value;
    T(sem_wait(s));
    T(sem_trywait(t));
    T(sem_post(t));
    T(sem_getvalue(s, &value));
    printf("%d\n", value);
    T(sem_close(s));
    T(sem_close(t));
    T(sem_unlink("/hyperlight-test"));
    T(sem_open("/hyperlight-test", 0) == SEM_FAILED);
    return 0;
}
