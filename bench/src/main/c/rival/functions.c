/* The functions that all ways to run C have in common: compiled for guests, processes, shared libraries and wasm. */

int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

/* Static: a shared library must not look itself up to recurse. */
static int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int fib(int n)
{
    return fibonacci(n);
}
