//! Bytes in pieces of any shape become chunks of whole lines, in time linear to their number.

use memchr::{memchr, memrchr};

/// How many bytes of a line that is thrown away are kept: its id can be read from them.
const HEAD: usize = 256;

/// What comes out.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Whole lines, each with its newline.
    Lines(String),
    /// A line that was too long: how it began, and how many bytes it had without its newline.
    Dropped { head: String, bytes: usize },
}

/// Holds what has come of a line that is not whole yet.
pub struct Lines {
    limit: usize,
    begun: Vec<u8>,
    /// How many bytes the line has that is being thrown away; then `begun` is its head.
    dropping: Option<usize>,
}

impl Lines {
    /// A line may have `limit` bytes, without its newline.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            begun: Vec::new(),
            dropping: None,
        }
    }

    /// Takes what was read, and gives all that is whole now to `take`.
    pub fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Piece)) {
        // Where some line may be too long, they are looked at one by one.
        while self.dropping.is_some() || self.begun.len() + bytes.len() > self.limit {
            let Some(end) = memchr(b'\n', bytes) else {
                return self.add(bytes);
            };
            self.add(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let mut line = std::mem::take(&mut self.begun);
            if let Some(bytes) = self.dropping.take() {
                let head = text(line);
                take(Piece::Dropped { head, bytes });
            } else {
                line.push(b'\n');
                take(Piece::Lines(text(line)));
            }
        }
        let Some(end) = memrchr(b'\n', bytes) else {
            return self.add(bytes);
        };
        let mut whole = std::mem::take(&mut self.begun);
        whole.extend_from_slice(&bytes[..=end]);
        self.add(&bytes[end + 1..]);
        take(Piece::Lines(text(whole)));
    }

    /// What has come of a last line that has no newline.
    pub fn rest(self) -> String {
        text(self.begun)
    }

    fn add(&mut self, bytes: &[u8]) {
        let length = self.dropping.unwrap_or(self.begun.len()) + bytes.len();
        if self.dropping.is_none() && length <= self.limit {
            self.begun.extend_from_slice(bytes);
            return;
        }
        let room = HEAD.saturating_sub(self.begun.len()).min(bytes.len());
        self.begun.extend_from_slice(&bytes[..room]);
        self.begun.truncate(HEAD);
        self.begun.shrink_to_fit();
        self.dropping = Some(length);
    }
}

/// Bytes that are no UTF-8 become U+FFFD. They harm nothing but their line, since a newline is part
/// of no character; and the line goes on to a client, which says that it cannot read it. Left out, it
/// would be a call that never ends.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Lines, Piece, HEAD};

    /// All lines and all that was dropped, when fed in pieces of `size` bytes.
    fn fed(input: &[u8], size: usize, limit: usize) -> (String, Vec<(String, usize)>) {
        let mut lines = Lines::new(limit);
        let (mut out, mut dropped) = (String::new(), Vec::new());
        for piece in input.chunks(size) {
            lines.feed(piece, |piece| match piece {
                Piece::Lines(text) => {
                    assert!(text.ends_with('\n'));
                    out.push_str(&text);
                }
                Piece::Dropped { head, bytes } => dropped.push((head, bytes)),
            });
        }
        (out, dropped)
    }

    #[test]
    fn any_shape_gives_the_same_lines() {
        let input = "{\"a\":1}\n\n\r\nä€😀\u{2028}\rx\ny\nthe rest".as_bytes();
        let whole = "{\"a\":1}\n\n\r\nä€😀\u{2028}\rx\ny\n";
        for size in 1..=input.len() {
            assert_eq!(fed(input, size, 1000), (whole.into(), vec![]), "{size}");
        }
    }

    #[test]
    fn joins_what_is_there() {
        let mut lines = Lines::new(1000);
        let mut pieces = Vec::new();
        lines.feed(b"a\nb\nc", |piece| pieces.push(piece));
        lines.feed(b"\nd\n", |piece| pieces.push(piece));
        let expected = [Piece::Lines("a\nb\n".into()), Piece::Lines("c\nd\n".into())];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn too_long_a_line_is_dropped_alone() {
        let long = "x".repeat(3000);
        let fits = "y".repeat(1000);
        let input = format!("a\n{long}\nb\n{fits}\n{fits}y\nc\n");
        let whole = format!("a\nb\n{fits}\nc\n");
        let dropped = vec![("x".repeat(HEAD), 3000), ("y".repeat(HEAD), 1001)];
        for size in [1, 2, 7, 255, 256, 257, 999, 1000, 1001, 5000, input.len()] {
            assert_eq!(
                fed(input.as_bytes(), size, 1000),
                (whole.clone(), dropped.clone()),
                "{size}"
            );
        }
    }

    #[test]
    fn a_dropped_line_takes_no_memory() {
        let mut lines = Lines::new(1000);
        for _ in 0..1000 {
            lines.feed(&[b'x'; 1000], |piece| panic!("{piece:?}"));
        }
        assert!(lines.begun.capacity() < 2000);
    }

    #[test]
    fn a_line_of_many_reads_arrives() {
        let mut input = vec![b'x'; 3 << 20];
        input.push(b'\n');
        let (out, dropped) = fed(&input, 1 << 16, 64 << 20);
        assert_eq!((out.len(), dropped.len()), (input.len(), 0));
    }

    #[test]
    fn what_is_no_utf8_harms_its_line_alone() {
        let input = b"{\"a\":\"\xc3\xa4\"}\n\xff\xc3\n\xe2\x82\n\xc3\xa4\n";
        for size in 1..=input.len() {
            let (out, _) = fed(input, size, 1000);
            assert_eq!(
                out, "{\"a\":\"ä\"}\n\u{fffd}\u{fffd}\n\u{fffd}\nä\n",
                "{size}"
            );
        }
    }
}
