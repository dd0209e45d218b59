//! Offsets: the parser counts bytes of UTF-8, JavaScript counts units of UTF-16.

/// Turns byte offsets of one text into UTF-16 offsets.
pub struct Units<'a> {
    text: &'a str,
    ascii: bool,
}

impl<'a> Units<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            ascii: text.is_ascii(),
        }
    }

    pub fn at(&self, byte: usize) -> usize {
        if self.ascii {
            byte
        } else {
            self.text[..byte].encode_utf16().count()
        }
    }
}

/// The number of UTF-16 units of `text`.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// The beginnings of all lines of a text, for many positions in it.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        let mut chars = text.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            if ends_line(char, chars.peek().map(|(_, next)| *next)) {
                starts.push(at + char.len_utf8());
            }
        }
        Self { text, starts }
    }

    /// Zero-based line and UTF-16 column of a byte offset.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte) - 1;
        (line, width(&self.text[self.starts[line]..byte]))
    }
}

/// Lines end as JavaScript has it; a carriage return before a line feed belongs to it.
const fn ends_line(char: char, next: Option<char>) -> bool {
    match char {
        '\n' | '\u{2028}' | '\u{2029}' => true,
        '\r' => !matches!(next, Some('\n')),
        _ => false,
    }
}
