/*
 * The entry point of a program without a libc.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
        .section .text.hl_start, "ax", @progbits
        .globl  hl_start
        .type   hl_start, @function
/*
 * Runs the initialisers in order. If there are any, the host calls this once, like an exported function without parameters.
 */
hl_start:
        push    %rbx
        push    %rbp
        sub     $8, %rsp
        lea     __init_array_start(%rip), %rbx
        lea     __init_array_end(%rip), %rbp
1:      cmp     %rbp, %rbx
        jae     2f
        call    *(%rbx)
        add     $8, %rbx
        jmp     1b
2:      add     $8, %rsp
        pop     %rbp
        pop     %rbx
        ret
        .size   hl_start, . - hl_start

        .section .note.GNU-stack, "", @progbits
