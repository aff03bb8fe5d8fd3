//! The note by which the host recognizes a guest and finds its function table, and the start code.

use core::arch::global_asm;

/// The note. Each address in it is relative to its own place, so it needs no relocation.
macro_rules! note {
    (flags $flags:literal, initialisers $initialisers:literal to $initialisers_end:literal) => {
        concat!(
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
        .long   "#,
            $flags,
            r#"                             // flags
        .quad   __start_hyperlight_functions - .
        .quad   __stop_hyperlight_functions - .
        .quad   "#,
            $initialisers,
            r#" - .
        .quad   "#,
            $initialisers_end,
            r#" - .
5:
        .popsection
        .hidden __start_hyperlight_functions
        .hidden __stop_hyperlight_functions
"#
        )
    };
}

#[cfg(not(feature = "std"))]
global_asm!(
    note!(flags "0", initialisers "__init_array_start" to "__init_array_end"),
    r#"
        // Runs the initialisers in order. Rust has none, but linked C code may have some. If there
        // are any, the host calls this once, like an exported function without parameters.
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
        .hidden __init_array_start
        .hidden __init_array_end
"#
);

// The program starts itself and its libc runs the initialisers, so the note lists none for the host.
// The main that the libc calls stands beside the note, so that the linker takes both from this crate.
#[cfg(feature = "std")]
global_asm!(
    note!(flags "1", initialisers "__start_hyperlight_functions" to "__start_hyperlight_functions"),
    r#"
        .pushsection .text.__wrap_main, "ax", @progbits
        .globl  __wrap_main
        .hidden __wrap_main
        .type   __wrap_main, @function
__wrap_main:
        jmp     {main}
        .size   __wrap_main, . - __wrap_main
        .popsection
"#,
    main = sym main
);

#[cfg(feature = "std")]
unsafe extern "C" {
    /// With `--wrap=main`, the linker resolves this to main. The compiler makes that main from the
    /// main of the program.
    fn __real_main(argc: i32, argv: *const *const u8) -> i32;
}

/// Never returns in a guest, because that would end the program before the first call from Java.
#[cfg(feature = "std")]
extern "C" fn main(argc: i32, argv: *const *const u8) -> i32 {
    /// The status that main returns after a panic.
    const PANICKED: i32 = 101;
    crate::unwind::watch_panics();
    // SAFETY: it gets the arguments that the libc passes to a main.
    let status = unsafe { __real_main(argc, argv) };
    if status == PANICKED {
        crate::unwind::abort_if_panicked();
    }
    if status == 0 {
        crate::system::ready();
        std::eprintln!("this program is a guest of Hyperlight for Java, which has to start it");
        return 1;
    }
    status
}
