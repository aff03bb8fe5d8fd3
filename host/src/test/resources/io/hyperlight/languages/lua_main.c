/* For Libraries. */

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        printf("%s\n", results_of(argv[i]));
    }
    return 0;
}
