/* The functions that all rivals in C run. They are compiled for guests, processes, shared libraries and wasm. */

int add(int a, int b)
{
    return (int)((unsigned)a + (unsigned)b);
}

/* The function is static, so that a shared library needs no symbol lookup to recurse. */
static int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int fib(int n)
{
    return fibonacci(n);
}
