/* For Libraries. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static unsigned char *out;
static size_t out_size;
static size_t out_room;
static z_stream deflating;

/* Appends what comes out. */
static int pump(z_stream *stream, int (*step)(z_stream *, int), const void *data, size_t size, int flush)
{
    int status;
    stream->next_in = (unsigned char *)data;
    stream->avail_in = (uInt)size;
    do {
        if (out_size == out_room) {
            out_room = out_room == 0 ? 10000 : 2 * out_room;
            out = realloc(out, out_room);
            if (out == NULL) {
                abort();
            }
        }
        stream->next_out = out + out_size;
        stream->avail_out = (uInt)(out_room - out_size);
        status = step(stream, flush);
        out_size = (size_t)(stream->next_out - out);
    } while (status == Z_OK && stream->avail_out == 0);
    return status;
}

static int start_deflating(int level)
{
    out_size = 0;
    memset(&deflating, 0, sizeof deflating);
    return deflateInit(&deflating, level);
}

static int deflate_piece(const void *data, size_t size)
{
    return pump(&deflating, deflate, data, size, Z_NO_FLUSH);
}

static int finish_deflating(void)
{
    int status = pump(&deflating, deflate, NULL, 0, Z_FINISH);
    int end = deflateEnd(&deflating);
    return status == Z_STREAM_END ? end : Z_BUF_ERROR;
}

static int inflate_all(const void *data, size_t size)
{
    z_stream inflating = {0};
    out_size = 0;
    inflateInit(&inflating);
    int status = pump(&inflating, inflate, data, size, Z_NO_FLUSH);
    inflateEnd(&inflating);
    return status;
}
