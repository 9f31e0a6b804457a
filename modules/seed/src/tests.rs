//! Files as the build makes them, whole and broken, read and written in pieces of every size.

use std::io::Write as _;

use lzma_rust2::{CheckType, XzOptions, XzWriter, filter::FilterType};

use super::*;

/// A program, a payload behind it, and what that unpacks to.
fn packed(program: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut content = Vec::new();
    let mut state = 1u32;
    // Runs of one byte, text, and noise that does not get smaller, with calls for the filter in it.
    for _ in 0..60_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 30 {
            0 => content.extend_from_slice(&[0xe8, 0x10, 0x20, 0x00, 0x00]),
            1 => content.extend_from_slice(b"the same words again"),
            2 => content.extend_from_slice(&state.to_le_bytes()),
            _ => content.push(0),
        }
    }
    let mut options = XzOptions::with_preset(1);
    options.set_check_sum_type(CheckType::Crc32);
    options.prepend_pre_filter(FilterType::BcjX86, 0);
    let mut writer = XzWriter::new(program.to_vec(), options).unwrap();
    writer.write_all(&content).unwrap();
    (writer.finish().unwrap(), content)
}

/// Unpacks with at most `read` bytes a reading and at most `written` bytes a writing.
fn unpacked(file: &[u8], read: usize, written: usize) -> Result<Vec<u8>, Failure> {
    let mut memory = vec![0; MEMORY];
    let mut rest = file;
    let mut result = Vec::new();
    unpack(
        memory.first_chunk_mut().unwrap(),
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
fn the_payload_is_found_behind_programs_of_every_length() {
    for length in [0, 1, 11, 12, PIECE - 13, PIECE - 12, PIECE - 5, PIECE, 2 * PIECE + 3] {
        // The beginning of a header, again and again, is not one.
        let program: Vec<u8> = b"\xfd7zXZ\0\0".iter().copied().cycle().take(length).collect();
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
    for at in (7..file.len()).step_by(6311).chain(file.len() - 40..file.len()) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        assert!(unpacked(&damaged, usize::MAX, usize::MAX).is_err(), "byte {at}");
    }
}

#[test]
fn a_reader_or_writer_that_fails_ends_it() {
    let (file, _) = packed(b"program");
    let mut memory = vec![0; MEMORY];
    let memory = memory.first_chunk_mut().unwrap();
    assert_eq!(unpack(memory, |_| None, |bytes| Some(bytes.len())), Err(Failure::Read));
    let mut rest = &file[..];
    let mut read = |buffer: &mut [u8]| std::io::Read::read(&mut rest, buffer).ok();
    assert_eq!(unpack(memory, &mut read, |_| Some(0)), Err(Failure::Write));
}
