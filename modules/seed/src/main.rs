//! The program in front of a packed helper: reads its own file from standard input, writes the helper to standard output.
//!
//! With `--cfg seed` it is built to be sent: no standard library, no libc, three system calls. Without, it is an ordinary
//! program that does the same.

#![cfg_attr(seed, no_std, no_main)]

#[cfg(seed)]
mod bare;

#[cfg(not(seed))]
fn main() -> std::process::ExitCode {
    use std::io::{Read as _, Write as _, stdin, stdout};

    let (mut bytes, mut models) = (vec![0; windlass_seed::BYTES], vec![0; windlass_seed::MODELS]);
    let unpacked = windlass_seed::unpack(
        bytes.first_chunk_mut().expect("it was made as long as that"),
        models.first_chunk_mut().expect("it was made as long as that"),
        |buffer| stdin().lock().read(buffer).ok(),
        |bytes| stdout().lock().write(bytes).ok(),
    );
    u8::from(unpacked.is_err()).into()
}
