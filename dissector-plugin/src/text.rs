//! Text for the host that needs no heap, so that it may be alive while the host jumps away.

use std::ffi::c_char;
use std::fmt;
use std::net::Ipv6Addr;

/// A C string on the stack. What does not fit is cut off at a character and marked with `...`.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    octets: [u8; Self::ROOM],
    len: usize,
    full: bool,
}

impl Text {
    /// The host cuts labels at 240 octets.
    const ROOM: usize = 240;
    const MARK: &'static str = "...";

    pub(crate) const EMPTY: Self = Self { octets: [0; Self::ROOM], len: 0, full: false };

    /// Writes `arguments` into a new text.
    pub(crate) fn new(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self::EMPTY;
        // A `Display` that fails leaves what it wrote before.
        let _ = fmt::Write::write_fmt(&mut text, arguments);
        text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.octets[..self.len]).expect("only whole characters are pushed")
    }

    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.octets.as_ptr().cast()
    }

    fn push(&mut self, character: char, room: usize) -> bool {
        // A NUL would end the text for the host.
        let character = if character == '\0' { '\u{fffd}' } else { character };
        let end = self.len + character.len_utf8();
        if end > room {
            return false;
        }
        character.encode_utf8(&mut self.octets[self.len..end]);
        self.len = end;
        true
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        // Mostly it fits as it is.
        let end = self.len + part.len();
        if !self.full && end < Self::ROOM - Self::MARK.len() && !part.as_bytes().contains(&0) {
            self.octets[self.len..end].copy_from_slice(part.as_bytes());
            self.len = end;
            return Ok(());
        }
        for character in part.chars() {
            if self.full {
                break;
            }
            // The last octet stays NUL.
            if !self.push(character, Self::ROOM - 1 - Self::MARK.len()) {
                self.full = true;
                for dot in Self::MARK.chars() {
                    self.push(dot, Self::ROOM - 1);
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// An address as the standard library writes it (RFC 5952), in a fourth of its time: nothing of what we do for a message
/// takes longer than writing its addresses.
#[derive(Clone, Copy)]
pub(crate) struct Address(pub(crate) Ipv6Addr);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.to_ipv4_mapped().is_some() {
            return self.0.fmt(f);
        }
        let segments = self.0.segments();
        // The first of the longest runs of zeros, if it is longer than one.
        let (mut left_out, mut run) = (0..0, 0..0);
        for (at, segment) in segments.into_iter().enumerate() {
            run = if segment == 0 { run.start..at + 1 } else { at + 1..at + 1 };
            if run.len() > left_out.len().max(1) {
                left_out = run.clone();
            }
        }
        let mut written = Segments { octets: [0; Segments::ROOM], len: 0 };
        if left_out.is_empty() {
            written.join(&segments);
        } else {
            written.join(&segments[..left_out.start]);
            written.push(b':');
            written.push(b':');
            written.join(&segments[left_out.end..]);
        }
        f.write_str(std::str::from_utf8(&written.octets[..written.len]).unwrap_or_default())
    }
}

struct Segments {
    octets: [u8; Self::ROOM],
    len: usize,
}

impl Segments {
    /// Four digits and a colon for each.
    const ROOM: usize = 32 + 8;

    fn push(&mut self, octet: u8) {
        self.octets[self.len] = octet;
        self.len += 1;
    }

    fn join(&mut self, segments: &[u16]) {
        for (at, segment) in segments.iter().enumerate() {
            if at > 0 {
                self.push(b':');
            }
            let digits = (4 - segment.leading_zeros() / 4).max(1);
            for digit in (0..digits).rev() {
                self.push(b"0123456789abcdef"[usize::from(segment >> (4 * digit) & 0xf)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_read_as_the_standard_library_has_them(
            segments in proptest::array::uniform8(prop_oneof![Just(0_u16), Just(0), any::<u16>(), 0..16_u16, Just(0xffff)])
        ) {
            let address = Ipv6Addr::from(segments);
            prop_assert_eq!(Address(address).to_string(), address.to_string());
        }
    }

    #[test]
    fn text_that_fits_is_kept_as_it_is() {
        assert_eq!(Text::new(format_args!("seq={} {}", 7, "ä")).to_string(), "seq=7 ä");
    }

    #[test]
    fn text_that_does_not_fit_is_cut_at_a_character_and_ends_in_nul() {
        let text = Text::new(format_args!("{}", "ä".repeat(200)));
        assert!(text.to_string().ends_with("ä..."), "{}", text.to_string());
        assert!(text.len < Text::ROOM && text.octets[text.len] == 0);
    }

    #[test]
    fn a_nul_does_not_end_the_text() {
        assert_eq!(Text::new(format_args!("a\0b")).to_string(), "a\u{fffd}b");
    }
}
