//! Files as the build makes them, whole and broken, read and written in pieces of every size.

use super::*;

/// What may stand in a program: runs of one byte, text, calls and jumps that lead somewhere and that do not, and noise.
fn content() -> Vec<u8> {
    let mut content = Vec::new();
    let mut state = 1u32;
    for _ in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 29 {
            0 => content.extend_from_slice(&[0xe8, 0x10, 0x20, 0x00, 0x00]),
            1 => content.extend_from_slice(&[0x0f, 0x84, 0x10, 0xff, 0xff, 0xff]),
            2 => content.extend_from_slice(&[0x0f, 0xe8, 0xe9, 0x0f, 0x8f]),
            3 => content.extend_from_slice(&[0xe9, 0x00, 0xf0, 0xff, 0xff]),
            4 => content.extend_from_slice(b"the same words again"),
            5 => content.extend_from_slice(&state.to_le_bytes()),
            6 => content.extend_from_slice(&[0x10, 0x00, 0x00, 0x94, 0x01, 0x00, 0x00, 0xb0]),
            _ => content.push(0),
        }
    }
    content
}

/// A program, a payload behind it, and what that unpacks to.
fn packed(program: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let content = content();
    let payload = pack(&content, "x86_64", 1_000..content.len() - 2_000).unwrap();
    ([program, &payload].concat(), content)
}

/// Unpacks with at most `read` bytes a reading and at most `written` bytes a writing.
fn unpacked(file: &[u8], read: usize, written: usize) -> Result<Vec<u8>, Failure> {
    let (mut bytes, mut models) = (vec![0; BYTES], vec![0; MODELS]);
    let mut rest = file;
    let mut result = Vec::new();
    unpack(
        bytes.first_chunk_mut().unwrap(),
        models.first_chunk_mut().unwrap(),
        |buffer| {
            let n = read.min(buffer.len()).min(rest.len());
            buffer[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            Some(n)
        },
        |bytes| {
            let n = written.min(bytes.len());
            result.extend_from_slice(&bytes[..n]);
            Some(n)
        },
    )?;
    Ok(result)
}

#[test]
fn pieces_of_every_size_give_the_same() {
    let (file, content) = packed(b"\x7fELF and more");
    for (read, written) in [(usize::MAX, usize::MAX), (1, usize::MAX), (11, 1), (4096, 999)] {
        assert_eq!(unpacked(&file, read, written).unwrap(), content, "{read} {written}");
    }
}

#[test]
fn every_machine_and_every_place_of_code_gives_the_same() {
    let content = content();
    let n = content.len();
    for machine in ["x86_64", "aarch64", "riscv64"] {
        for code in [0..n, 0..0, n..n, 77..80, 4..n - 3, n - 10_001..n - 1] {
            let file = pack(&content, machine, code.clone()).unwrap();
            assert_eq!(
                unpacked(&file, usize::MAX, usize::MAX).unwrap(),
                content,
                "{machine} {code:?}"
            );
        }
    }
    assert!(pack(&vec![0; CONTENT + 1], "x86_64", 0..0).is_none());
}

#[test]
fn the_payload_is_found_behind_programs_of_every_length() {
    for length in [0, 1, 11, 12, PIECE - 13, PIECE - 12, PIECE - 5, PIECE, 2 * PIECE + 3] {
        // The beginning of a header, again and again, is not one.
        let program: Vec<u8> = b"windlass\0\xff".iter().copied().cycle().take(length).collect();
        let (file, content) = packed(&program);
        assert_eq!(unpacked(&file, usize::MAX, usize::MAX).unwrap(), content, "{length}");
    }
}

#[test]
fn what_is_incomplete_is_refused() {
    let (file, _) = packed(b"program");
    for length in [0, 3, 7, 18, 19, 40, file.len() / 2, file.len() - 12, file.len() - 1] {
        assert_eq!(
            unpacked(&file[..length], usize::MAX, usize::MAX),
            Err(Failure::Short),
            "{length}"
        );
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let (file, _) = packed(b"program");
    for at in (7..file.len()).step_by(2311).chain(file.len() - 40..file.len()) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        assert!(unpacked(&damaged, usize::MAX, usize::MAX).is_err(), "byte {at}");
    }
}

#[test]
fn a_reader_or_writer_that_fails_ends_it() {
    let (file, _) = packed(b"program");
    let (mut bytes, mut models) = (vec![0; BYTES], vec![0; MODELS]);
    let bytes = bytes.first_chunk_mut().unwrap();
    let models = models.first_chunk_mut().unwrap();
    assert_eq!(unpack(bytes, models, |_| None, |bytes| Some(bytes.len())), Err(Failure::Read));
    let mut rest = &file[..];
    let mut read = |buffer: &mut [u8]| std::io::Read::read(&mut rest, buffer).ok();
    assert_eq!(unpack(bytes, models, &mut read, |_| Some(0)), Err(Failure::Write));
}
