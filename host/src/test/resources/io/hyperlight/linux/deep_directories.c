/* For DeepDirectoryTest. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
static char buffer[1 << 20];
static int chain(const char *top)
{
  mkdir(top, 0755);
  int at = open(top, O_PATH);
  for (int i = 0; i < 2000; i++) {
    mkdirat(at, "a", 0755);
    int next = openat(at, "a", O_PATH);
    if (next < 0) { perror("openat"); exit(1); }
    close(at);
    at = next;
  }
  return at;
}
int main(int count, char **arguments)
{
  char from[32], to[32];
  int inside = atoi(arguments[1]), refused = 0;
  int deep = chain("/t/c0");
  if (inside) fchdir(deep);
  close(deep);
  for (int k = 1; k <= 3; k++) {
    sprintf(from, "/t/c%d", k - 1);
    sprintf(to, "/t/c%d", k);
    int leaf = chain(to);
    if (renameat(AT_FDCWD, from, leaf, "m")) {
      if (errno != ENAMETOOLONG) { perror("rename"); return 1; }
      refused++;
    }
    close(leaf);
  }
  for (int i = 0; i < 50; i++) open(".", O_PATH);
  mkdir("/t/p", 0755);
  if (rename("/t/p", "/t/q")) { perror("rename of something else"); return 1; }
  if (chdir("..") || syscall(SYS_getcwd, buffer, sizeof buffer) < 0) {
    perror("getcwd");
    return 1;
  }
  printf("refused %d\n", refused);
  return 0;
}
