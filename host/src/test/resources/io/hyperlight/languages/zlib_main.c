/* For Libraries. */

static char contents[16 << 20];

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) {
            return 1;
        }
        size_t size = fread(contents, 1, sizeof contents, file);
        fclose(file);
        for (const char *level = argv[1]; *level != 0; level++) {
            start_deflating(*level - '0');
            deflate_piece(contents, size);
            if (finish_deflating() != Z_OK) {
                return 2;
            }
            for (size_t j = 0; j < out_size; j++) {
                printf("%02x", out[j]);
            }
            printf("\n");
        }
    }
    return 0;
}
