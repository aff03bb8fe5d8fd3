/* For Libraries. */

HL_EXPORT(int, start, int)
int start(int level) { return start_deflating(level); }

HL_EXPORT(int, feed, hl_bytes)
int feed(hl_bytes bytes) { return deflate_piece(bytes.data, bytes.size); }

HL_EXPORT(hl_bytes, finish)
hl_bytes finish(void)
{
    if (finish_deflating() != Z_OK) {
        hl_error(HL_STR("not a stream"));
    }
    return (hl_bytes){out, out_size};
}

HL_EXPORT(hl_bytes, decompress, hl_bytes)
hl_bytes decompress(hl_bytes bytes)
{
    int status = inflate_all(bytes.data, bytes.size);
    if (status != Z_STREAM_END) {
        hl_error(hl_from_cstring(zError(status)));
    }
    return (hl_bytes){out, out_size};
}

HL_EXPORT(uint32_t, checksum, hl_bytes)
uint32_t checksum(hl_bytes bytes) { return (uint32_t)crc32(0, bytes.data, (uInt)bytes.size); }
