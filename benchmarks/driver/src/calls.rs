//! Requests, and whether their answers are right. Call number `n` asks for `n + 0.5`, so that no
//! two calls have the same answer.

use std::ops::Range;

use crate::Outcome;

/// What is spoken with the worker.
#[derive(Clone, Copy, PartialEq)]
pub enum Dialect {
    JsonRpc,
    /// kkrpc 0.2.2 as it is by default: superjson.
    Kkrpc0,
    Kkrpc2,
}

impl Dialect {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "jsonrpc" => Some(Self::JsonRpc),
            "kkrpc0" => Some(Self::Kkrpc0),
            "kkrpc2" => Some(Self::Kkrpc2),
            _ => None,
        }
    }

    /// What follows the number in an id: kkrpc's are random, and as long as this makes them.
    fn behind_number(self) -> &'static str {
        match self {
            Self::JsonRpc => "",
            Self::Kkrpc0 => "-17a9c2f4e8b13-b5d01f6a92c7e-1e4408bd3a7f5c\"",
            Self::Kkrpc2 => "-4c1f-4b6e-9d20-7a53e8f1b6c4\"",
        }
    }

    fn result(self) -> &'static [u8] {
        match self {
            Self::Kkrpc2 => b"\"v\":",
            _ => b"\"result\":",
        }
    }
}

/// Writes the requests of one method.
pub struct Requests {
    dialect: Dialect,
    before_id: &'static [u8],
    behind_id: Vec<u8>,
    behind_first: &'static [u8],
}

impl Requests {
    pub fn new(method: &str, dialect: Dialect) -> Self {
        let (before_id, behind_id, behind_first): (&[u8], String, &[u8]) = match dialect {
            Dialect::JsonRpc => (
                br#"{"jsonrpc":"2.0","id":"#,
                format!(r#","method":"{method}","params":["#),
                b",0.5]}\n",
            ),
            Dialect::Kkrpc0 => (
                br#"{"json":{"id":""#,
                format!(r#","method":"{method}","args":["#),
                concat!(
                    r#",0.5],"type":"request","callbackIds":null,"version":"superjson"},"#,
                    r#""meta":{"values":{"callbackIds":["undefined"]},"v":1}}"#,
                    "\n"
                )
                .as_bytes(),
            ),
            Dialect::Kkrpc2 => (
                br#"{"t":"q","id":""#,
                format!(
                    r#","op":"call","p":["{method}"],"a":[{{"__kkrpc_next_arg__":"value","v":"#
                ),
                concat!(r#"},{"__kkrpc_next_arg__":"value","v":0.5}]}"#, "\n").as_bytes(),
            ),
        };
        let behind_id = [dialect.behind_number(), &behind_id].concat().into_bytes();
        Self {
            dialect,
            before_id,
            behind_id,
            behind_first,
        }
    }

    pub fn push(&self, out: &mut Vec<u8>, number: usize) {
        out.extend_from_slice(self.before_id);
        push_digits(out, number);
        out.extend_from_slice(&self.behind_id);
        push_digits(out, number);
        out.extend_from_slice(self.behind_first);
    }

    /// Takes the answers to these requests.
    pub fn pending(&self, numbers: Range<usize>) -> Pending {
        Pending::new(numbers, self.dialect)
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
    dialect: Dialect,
    first: usize,
    waiting: Vec<bool>,
    expected: Vec<u8>,
}

impl Pending {
    /// For the calls of a range, all of which will be sent.
    pub fn new(numbers: Range<usize>, dialect: Dialect) -> Self {
        Self {
            dialect,
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
        let number = self.number(std::str::from_utf8(id)?).parse::<usize>();
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
        if member(line, self.dialect.result()) != Some(&self.expected) {
            return Err(wrong("a wrong result", line));
        }
        Ok(true)
    }

    /// The number in an id; the id itself, if it is none of ours.
    fn number<'id>(&self, id: &'id str) -> &'id str {
        id.strip_suffix(self.dialect.behind_number())
            .map(|number| number.trim_start_matches('"'))
            .filter(|_| self.dialect != Dialect::JsonRpc)
            .unwrap_or(id)
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
    use super::{Dialect, Pending, Requests};

    #[test]
    fn writes_requests() {
        let lines = Requests::new("add", Dialect::JsonRpc).range(9..11);
        let expected = concat!(
            r#"{"jsonrpc":"2.0","id":9,"method":"add","params":[9,0.5]}"#,
            "\n",
            r#"{"jsonrpc":"2.0","id":10,"method":"add","params":[10,0.5]}"#,
            "\n",
        );
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
    }

    #[test]
    fn writes_and_settles_what_kkrpc_does() {
        for (dialect, line, answer) in [
            (
                Dialect::Kkrpc0,
                concat!(
                    r#"{"json":{"id":"7-17a9c2f4e8b13-b5d01f6a92c7e-1e4408bd3a7f5c","#,
                    r#""method":"add","args":[7,0.5],"type":"request","callbackIds":null,"#,
                    r#""version":"superjson"},"meta":{"values":{"callbackIds":["undefined"]},"v":1}}"#,
                    "\n",
                ),
                concat!(
                    r#"{"id":"7-17a9c2f4e8b13-b5d01f6a92c7e-1e4408bd3a7f5c","method":"","#,
                    r#""args":{"result":7.5},"type":"response","version":"json"}"#,
                ),
            ),
            (
                Dialect::Kkrpc2,
                concat!(
                    r#"{"t":"q","id":"7-4c1f-4b6e-9d20-7a53e8f1b6c4","op":"call","p":["add"],"#,
                    r#""a":[{"__kkrpc_next_arg__":"value","v":7},"#,
                    r#"{"__kkrpc_next_arg__":"value","v":0.5}]}"#,
                    "\n",
                ),
                r#"{"t":"r","id":"7-4c1f-4b6e-9d20-7a53e8f1b6c4","v":7.5}"#,
            ),
        ] {
            let requests = Requests::new("add", dialect);
            assert_eq!(String::from_utf8(requests.range(7..8)).unwrap(), line);
            let mut pending = requests.pending(7..8);
            assert!(pending.settle(answer.as_bytes()).unwrap());
            assert!(pending.settle(answer.as_bytes()).is_err());
        }
    }

    #[test]
    fn settles_answers_in_any_order_and_form() {
        let mut pending = Pending::new(0..11, Dialect::JsonRpc);
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
            let error = Pending::new(0..2, Dialect::JsonRpc)
                .settle(line.as_bytes())
                .unwrap_err();
            assert!(error.to_string().contains(mistake), "{line}: {error}");
        }
        let mut pending = Pending::new(0..1, Dialect::JsonRpc);
        let answer = br#"{"jsonrpc":"2.0","id":0,"result":0.5}"#;
        assert!(pending.settle(answer).unwrap());
        assert!(pending.settle(answer).is_err(), "a second answer");
        assert!(
            Pending::new(1..2, Dialect::JsonRpc).settle(answer).is_err(),
            "a late answer"
        );
    }
}
