//! The note by which the host knows a guest and finds its function table, and the entry point. The
//! note's addresses are relative to themselves, so that they need no relocation.

use core::arch::global_asm;

global_asm!(
    r#"
        .pushsection hyperlight_functions, "aw", @progbits
        .popsection

        .pushsection .note.hyperlight, "a", @note
        .balign 4
        .long   3f - 2f                         // size of the name
        .long   5f - 4f                         // size of the description
        .long   1                               // type: guest ABI
2:      .asciz  "Hyperlight"
3:      .balign 4
4:      .long   1                               // ABI version
        .long   0                               // flags
        .quad   __start_hyperlight_functions - .
        .quad   __stop_hyperlight_functions - .
        .quad   __init_array_start - .
        .quad   __init_array_end - .
5:
        .popsection

        // Called once like an exported function without parameters, if there are initialisers: Rust
        // has none, but C code that is linked along may. Runs them in order.
        .pushsection .text.hl_start, "ax", @progbits
        .globl  hl_start
        .type   hl_start, @function
hl_start:
        push    rbx
        push    rbp
        sub     rsp, 8
        lea     rbx, [rip + __init_array_start]
        lea     rbp, [rip + __init_array_end]
2:      cmp     rbx, rbp
        jae     3f
        call    [rbx]
        add     rbx, 8
        jmp     2b
3:      add     rsp, 8
        pop     rbp
        pop     rbx
        ret
        .size   hl_start, . - hl_start
        .popsection
        .hidden __start_hyperlight_functions
        .hidden __stop_hyperlight_functions
        .hidden __init_array_start
        .hidden __init_array_end
"#
);
