//! What a program needs that has neither a standard library nor a libc: a start, memory, three system calls.

#![expect(
    unsafe_code,
    reason = "without a libc nobody else enters the program, calls the kernel or lends static memory"
)]

use core::{
    arch::{asm, global_asm},
    panic::PanicInfo,
    ptr,
};

use windlass_seed::{BYTES, MODELS};

/// It takes no room in the file, and none of the host's memory until it is written.
static mut ROOM: ([u8; BYTES], [u16; MODELS]) = ([0; BYTES], [0; MODELS]);

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start, memcpy, memmove, memset, memcmp, bcmp",
    "_start: xor ebp, ebp; and rsp, -16; call {start}; ud2",
    "memmove: mov rax, rdi; sub rax, rsi; cmp rax, rdx; jae memcpy",
    "mov rax, rdi; mov rcx, rdx; lea rdi, [rdi + rcx - 1]; lea rsi, [rsi + rcx - 1]; std; rep movsb; cld; ret",
    "memcpy: mov rax, rdi; mov rcx, rdx; rep movsb; ret",
    "memset: mov r8, rdi; mov eax, esi; mov rcx, rdx; rep stosb; mov rax, r8; ret",
    "memcmp: bcmp: xor eax, eax; 2: test rdx, rdx; jz 3f",
    "movzx eax, byte ptr [rdi]; movzx ecx, byte ptr [rsi]; inc rdi; inc rsi; dec rdx; sub eax, ecx; jz 2b; 3: ret",
    start = sym start,
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start, memcpy, memmove, memset, memcmp, bcmp",
    "_start: mov x29, #0; mov x30, #0; bl {start}; brk #1",
    "memmove: sub x3, x0, x1; cmp x3, x2; b.hs memcpy; add x1, x1, x2; add x3, x0, x2",
    "2: cbz x2, 3f; ldrb w4, [x1, #-1]!; strb w4, [x3, #-1]!; sub x2, x2, #1; b 2b; 3: ret",
    "memcpy: mov x3, x0; 2: cbz x2, 3f; ldrb w4, [x1], #1; strb w4, [x3], #1; sub x2, x2, #1; b 2b; 3: ret",
    "memset: mov x3, x0; 2: cbz x2, 3f; strb w1, [x3], #1; sub x2, x2, #1; b 2b; 3: ret",
    "memcmp: bcmp: 2: cbz x2, 3f; ldrb w3, [x0], #1; ldrb w4, [x1], #1; sub x2, x2, #1; subs w3, w3, w4; b.eq 2b",
    "mov w0, w3; ret; 3: mov w0, #0; ret",
    start = sym start,
);

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const READ: usize = 0;
    pub(super) const WRITE: usize = 1;
    pub(super) const EXIT_GROUP: usize = 231;
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const READ: usize = 63;
    pub(super) const WRITE: usize = 64;
    pub(super) const EXIT_GROUP: usize = 94;
}

/// What the kernel answers to a call that a signal has interrupted.
const EINTR: isize = -4;

extern "C" fn start() -> ! {
    // SAFETY: this runs once and in the only thread, so nothing else refers to the room.
    let (bytes, models) = unsafe { &mut *(&raw mut ROOM) };
    let unpacked = windlass_seed::unpack(
        bytes,
        models,
        |buffer| transfer(number::READ, 0, buffer.as_mut_ptr().cast_const(), buffer.len()),
        |bytes| transfer(number::WRITE, 1, bytes.as_ptr(), bytes.len()),
    );
    exit(usize::from(unpacked.is_err()))
}

fn transfer(number: usize, file: usize, buffer: *const u8, length: usize) -> Option<usize> {
    loop {
        match call(number, file, buffer, length) {
            EINTR => (),
            n => return usize::try_from(n).ok(),
        }
    }
}

fn exit(status: usize) -> ! {
    loop {
        call(number::EXIT_GROUP, status, ptr::null(), 0);
    }
}

fn call(number: usize, first: usize, second: *const u8, third: usize) -> isize {
    let result;
    // SAFETY: the callers of this file give numbers whose arguments are a file, and a buffer that they hold.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") first => result,
            in("x1") second,
            in("x2") third,
            options(nostack),
        );
    }
    result
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(2)
}
