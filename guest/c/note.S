/*
 * The note by which the host recognizes a guest and finds its function table. Each address in the note is relative to its
 * own place, so it needs no relocation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifdef HL_LIBC
/* The program starts itself and its libc runs the initialisers, so the note lists none for the host. */
#define HL_FLAGS 1
#define HL_INITIALISERS __start_hyperlight_functions
#define HL_INITIALISERS_END __start_hyperlight_functions
#else
#define HL_FLAGS 0
#define HL_INITIALISERS __init_array_start
#define HL_INITIALISERS_END __init_array_end
#endif

        .section hyperlight_functions, "aw", @progbits

        .section .note.hyperlight, "a", @note
        .balign 4
        .long   2f - 1f                         /* size of the name */
        .long   4f - 3f                         /* size of the description */
        .long   1                               /* type: guest ABI */
1:      .asciz  "Hyperlight"
2:      .balign 4
3:      .long   1                               /* ABI version */
        .long   HL_FLAGS                        /* flags */
        .quad   __start_hyperlight_functions - .
        .quad   __stop_hyperlight_functions - .
        .quad   HL_INITIALISERS - .
        .quad   HL_INITIALISERS_END - .
4:

        .section .note.GNU-stack, "", @progbits
