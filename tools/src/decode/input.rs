//! What is decoded: a capture, or octets in hexadecimal, from a file, from standard input or from the command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use super::watched::Watched;
use crate::Failure;
use crate::progress::Progress;

/// Longer text is no message that somebody has copied.
const LONGEST_TEXT: u64 = 1 << 20;

/// What was given.
pub(super) enum Input {
    /// A capture, its name for errors, and how far it is read.
    Capture(Box<dyn Read>, String, Rc<Progress>),
    /// Octets.
    Octets(Vec<u8>),
}

/// Finds out what the arguments mean.
pub(super) fn open(given: &[String]) -> Result<Input, Failure> {
    match given {
        [dash] if dash == "-" => recognised(io::stdin().lock(), "standard input", 0),
        [path] if Path::new(path).exists() => {
            let failed = |error: io::Error| Failure::usage(format!("{path}: {error}"));
            let file = File::open(path).map_err(failed)?;
            let metadata = file.metadata().map_err(failed)?;
            if metadata.is_dir() {
                return Err(Failure::usage(format!("{path} is a folder: give one capture of it")));
            }
            recognised(file, path, metadata.len())
        }
        _ => {
            let text = given.join(" ");
            let octets = hex(&text).map_err(|why| {
                Failure::usage(format!("`{text}` is neither a file that is there nor hexadecimal: {why}"))
            })?;
            Ok(Input::Octets(octets))
        }
    }
}

/// By its first octets, a capture; else text.
fn recognised(mut reader: impl Read + 'static, name: &str, total: u64) -> Result<Input, Failure> {
    let failed = |error: io::Error| Failure::usage(format!("{name}: {error}"));
    let mut magic = Vec::new();
    reader.by_ref().take(4).read_to_end(&mut magic).map_err(failed)?;
    if is_capture(&magic) {
        let progress = Rc::new(Progress::start());
        let reader = io::Cursor::new(magic).chain(reader);
        let watched = Watched { reader, total, read: 0, progress: Rc::clone(&progress) };
        return Ok(Input::Capture(Box::new(watched), name.to_owned(), progress));
    }
    if magic.starts_with(&[0x1f, 0x8b]) {
        return Err(Failure::usage(format!("{name} is compressed: `gunzip -c FILE | dmm decode -`")));
    }
    let mut text = magic;
    reader.take(LONGEST_TEXT).read_to_end(&mut text).map_err(failed)?;
    let octets = match String::from_utf8(text) {
        Ok(text) => hex(&text),
        Err(_) => Err("it is no text".to_owned()),
    };
    let why = |why| Failure::usage(format!("{name} is neither a capture nor octets in hexadecimal: {why}"));
    octets.map(Input::Octets).map_err(why)
}

/// pcapng, or classic pcap with microseconds or nanoseconds, in either byte order.
fn is_capture(magic: &[u8]) -> bool {
    let number = magic.first_chunk().copied().map(u32::from_be_bytes);
    matches!(number, Some(0x0a0d_0d0a | 0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1))
}

/// Octets of hexadecimal text with blanks, colons, commas or nothing between them, and `0x` before any of them.
pub fn hex(text: &str) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let is_between = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | '-');
    for word in text.split(is_between).filter(|word| !word.is_empty()) {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let shown: String = word.chars().take(20).collect();
        let numbers: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
        let numbers = numbers.ok_or_else(|| format!("`{shown}` has a character that is no digit"))?;
        if !numbers.len().is_multiple_of(2) {
            return Err(format!("`{shown}` has half an octet: each has two digits"));
        }
        octets.extend(numbers.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8));
    }
    if octets.is_empty() { Err("there are no octets in it".to_owned()) } else { Ok(octets) }
}
