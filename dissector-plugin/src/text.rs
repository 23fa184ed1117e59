//! Text for the host that needs no heap, so that it may be alive while the host jumps away.

use std::ffi::c_char;
use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

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
