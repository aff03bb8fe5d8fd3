/* For ReadOnlyTreesTest. */

#include <errno.h>
#include <fcntl.h>
#include <hyperlight.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char text[500];
static int end;

static void look(const char *path)
{
    struct stat status = {0};
    struct statvfs system;
    stat(path, &status);
    end += snprintf(text + end, sizeof text - end, "%o", status.st_mode);
    end += snprintf(text + end, sizeof text - end, " %d", access(path, R_OK) ? errno : 0);
    end += snprintf(text + end, sizeof text - end, " %d", access(path, W_OK) ? errno : 0);
    end += snprintf(text + end, sizeof text - end, " %d", chmod(path, 0600) ? errno : 0);
    statvfs(path, &system);
    end += snprintf(text + end, sizeof text - end, " %d %d\n", (int)(system.f_flag & ST_RDONLY), system.f_bfree > 0);
}

HL_EXPORT(hl_string, modes)
hl_string modes(void)
{
    end = 0;
    look("/tree");
    look("/tree/folder");
    look("/tree/folder/file");
    return hl_from_cstring(text);
}

HL_EXPORT(int, copy)
int copy(void)
{
    struct stat status = {0};
    char bytes[10];
    int from = open("/tree/folder/file", O_RDONLY);
    int size = read(from, bytes, sizeof bytes);
    fstat(from, &status);
    int to = open("/scratch/copy", O_WRONLY | O_CREAT, 0600);
    write(to, bytes, size);
    fchmod(to, status.st_mode);
    close(to);
    close(from);
    to = open("/scratch/copy", O_WRONLY | O_APPEND);
    return to < 0 ? -errno : (int)write(to, "more", 4);
}
