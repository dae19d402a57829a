//! Requests, and whether their answers are right. Call number `n` asks for `n + 0.5`, so that no
//! two calls have the same answer.

use std::ops::Range;

use crate::Outcome;

/// Writes the requests of one method.
pub struct Requests {
    behind_id: Vec<u8>,
}

impl Requests {
    pub fn new(method: &str) -> Self {
        let behind_id = format!(",\"method\":\"{method}\",\"params\":[").into_bytes();
        Self { behind_id }
    }

    pub fn push(&self, out: &mut Vec<u8>, number: usize) {
        out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
        push_digits(out, number);
        out.extend_from_slice(&self.behind_id);
        push_digits(out, number);
        out.extend_from_slice(b",0.5]}\n");
    }

    pub fn range(&self, numbers: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(numbers.len() * 80);
        for number in numbers {
            self.push(&mut out, number);
        }
        out
    }
}

/// Which calls of a run wait for their answer.
pub struct Pending {
    first: usize,
    waiting: Vec<bool>,
    expected: Vec<u8>,
}

impl Pending {
    /// For the calls of a range, all of which will be sent.
    pub fn new(numbers: Range<usize>) -> Self {
        Self {
            first: numbers.start,
            waiting: vec![true; numbers.len()],
            expected: Vec::new(),
        }
    }

    /// Takes a line. True if it answers a call, false if it is a notification (`$/ready`).
    pub fn settle(&mut self, line: &[u8]) -> Outcome<bool> {
        let Some(id) = member(line, b"\"id\":") else {
            if member(line, b"\"method\":").is_some() {
                return Ok(false);
            }
            return Err(wrong("neither an answer nor a notification", line));
        };
        let number = std::str::from_utf8(id)?.parse::<usize>();
        let waiting = number
            .as_ref()
            .ok()
            .and_then(|number| number.checked_sub(self.first))
            .and_then(|place| self.waiting.get_mut(place));
        match (number, waiting) {
            (Ok(number), Some(waiting)) if *waiting => {
                *waiting = false;
                self.expected.clear();
                push_digits(&mut self.expected, number);
                self.expected.extend_from_slice(b".5");
            }
            _ => return Err(wrong("an answer to no call that waits", line)),
        }
        if member(line, b"\"result\":") != Some(&self.expected) {
            return Err(wrong("a wrong result", line));
        }
        Ok(true)
    }
}

/// The value of a member that is a number, whatever the order of members and blanks.
fn member<'line>(line: &'line [u8], name: &[u8]) -> Option<&'line [u8]> {
    let at = line.windows(name.len()).position(|window| window == name)?;
    let value = line[at + name.len()..].trim_ascii_start();
    let end = value
        .iter()
        .position(|byte| matches!(byte, b',' | b'}' | b' '))?;
    Some(&value[..end])
}

pub fn wrong(what: &str, line: &[u8]) -> Box<dyn std::error::Error> {
    let start = String::from_utf8_lossy(&line[..line.len().min(200)]);
    format!("{what}: {}", start.trim_end()).into()
}

/// What `write!` does, in a third of the time: it is in every call's way, twice.
fn push_digits(out: &mut Vec<u8>, number: usize) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    let mut rest = number;
    loop {
        first -= 1;
        digits[first] = b"0123456789"[rest % 10];
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::{Pending, Requests};

    #[test]
    fn writes_requests() {
        let lines = Requests::new("add").range(9..11);
        let expected = concat!(
            r#"{"jsonrpc":"2.0","id":9,"method":"add","params":[9,0.5]}"#,
            "\n",
            r#"{"jsonrpc":"2.0","id":10,"method":"add","params":[10,0.5]}"#,
            "\n",
        );
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
    }

    #[test]
    fn settles_answers_in_any_order_and_form() {
        let mut pending = Pending::new(0..11);
        for (line, answers) in [
            (r#"{"jsonrpc":"2.0","method":"$/ready","params":{}}"#, false),
            (r#"{"jsonrpc":"2.0","id":10,"result":10.5}"#, true),
            (r#"{"jsonrpc": "2.0", "result": 0.5, "id": 0}"#, true),
        ] {
            assert_eq!(pending.settle(line.as_bytes()).unwrap(), answers, "{line}");
        }
    }

    #[test]
    fn refuses_what_answers_no_call() {
        for (line, mistake) in [
            (r#"{"jsonrpc":"2.0","id":1,"result":1}"#, "a wrong result"),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
                "a wrong result",
            ),
            (r#"{"jsonrpc":"2.0","id":2,"result":2.5}"#, "no call"),
            (r#"{"jsonrpc":"2.0","id":"1","result":1.5}"#, "no call"),
            (
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#,
                "no call",
            ),
            ("hello", "neither"),
        ] {
            let error = Pending::new(0..2).settle(line.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(mistake), "{line}: {error}");
        }
        let mut pending = Pending::new(0..1);
        let answer = br#"{"jsonrpc":"2.0","id":0,"result":0.5}"#;
        assert!(pending.settle(answer).unwrap());
        assert!(pending.settle(answer).is_err(), "a second answer");
        assert!(Pending::new(1..2).settle(answer).is_err(), "a late answer");
    }
}
