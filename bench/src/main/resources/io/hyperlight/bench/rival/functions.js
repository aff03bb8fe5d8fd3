// The functions of functions.c in JavaScript.
(() => {
  function fibonacci(n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  }
  return {
    add: (a, b) => (a + b) | 0,
    fib: n => fibonacci(n),
  };
})();
