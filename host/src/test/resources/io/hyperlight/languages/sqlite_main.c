/* For Libraries. */

int main(int argc, char **argv)
{
    static char line[100000];
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        printf("%s\n", answer_to(line));
    }
    return 0;
}
