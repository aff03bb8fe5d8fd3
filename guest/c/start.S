/*
 * The note by which the host knows a guest and finds its function table, and the entry point. The note's addresses are
 * relative to themselves, so that they need no relocation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
        .section hyperlight_functions, "aw", @progbits

        .section .note.hyperlight, "a", @note
        .balign 4
        .long   2f - 1f                         /* size of the name */
        .long   4f - 3f                         /* size of the description */
        .long   1                               /* type: guest ABI */
1:      .asciz  "Hyperlight"
2:      .balign 4
3:      .long   1                               /* ABI version */
        .long   0                               /* flags */
        .quad   __start_hyperlight_functions - .
        .quad   __stop_hyperlight_functions - .
        .quad   __init_array_start - .
        .quad   __init_array_end - .
4:
        .section .text.hl_start, "ax", @progbits
        .globl  hl_start
        .type   hl_start, @function
/*
 * Called once like an exported function without parameters, if there are initialisers. Runs them in order.
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
