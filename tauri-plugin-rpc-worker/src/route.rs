//! For which session each line is, told from how it begins (protocol, section 1): nothing is parsed.

use memchr::memchr_iter;

/// How a line for one session begins; its name follows.
const ANSWER: &[u8] = br#"{"jsonrpc":"2.0","id":""#;
const NOTE: &[u8] = br#"{"jsonrpc":"2.0","session":""#;

/// What each of the sessions gets of these lines.
pub fn route(lines: &str, sessions: &[String]) -> Vec<String> {
    let mut parts = vec![String::new(); sessions.len()];
    let mut begin = 0;
    for end in memchr_iter(b'\n', lines.as_bytes()) {
        let line = &lines[begin..=end];
        begin = end + 1;
        if let Some(index) = addressee(line.as_bytes(), sessions) {
            parts[index].push_str(line);
        } else {
            for part in &mut parts {
                part.push_str(line);
            }
        }
    }
    parts
}

/// Whose line it is alone, if it is the line of one of these.
fn addressee(line: &[u8], sessions: &[String]) -> Option<usize> {
    let (rest, end) = if let Some(rest) = line.strip_prefix(ANSWER) {
        (rest, b':')
    } else {
        (line.strip_prefix(NOTE)?, b'"')
    };
    let is_for = |session: &String| {
        let after = rest.strip_prefix(session.as_bytes());
        after.is_some_and(|after| after.first() == Some(&end))
    };
    sessions.iter().position(is_for)
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn a_lines_beginning_says_whose_it_is() {
        let for_a = [
            r#"{"jsonrpc":"2.0","id":"A:1","result":1}"#,
            r#"{"jsonrpc":"2.0","session":"A","method":"$/progress"}"#,
            r#"{"jsonrpc":"2.0","session":"A"}"#,
        ];
        let for_ab = [r#"{"jsonrpc":"2.0","id":"AB:1","result":1}"#];
        let for_all = [
            r#"{"jsonrpc":"2.0","id":"C:1","result":1}"#,
            r#"{"jsonrpc":"2.0","id":"A","result":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":"A:1"}"#,
            r#"{"jsonrpc":"2.0", "id":"A:1","result":1}"#,
            r#"{"jsonrpc":"2.0","session":"A:","method":"x"}"#,
            r#"{"jsonrpc":"2.0","method":"changed","params":["A:1"]}"#,
            "no JSON",
            "",
            r#"{"jsonrpc":"2.0","id":"#,
            r#"{"jsonrpc":"2.0","id":"A"#,
        ];
        let mut lines = String::new();
        let mut expected = [String::new(), String::new()];
        for (of_a, of_ab, group) in [
            (true, false, &for_a[..]),
            (false, true, &for_ab),
            (true, true, &for_all),
        ] {
            for line in group {
                let line = format!("{line}\n");
                lines += &line;
                for (part, of_it) in expected.iter_mut().zip([of_a, of_ab]) {
                    part.push_str(if of_it { &line } else { "" });
                }
            }
        }
        assert_eq!(route(&lines, &["A".into(), "AB".into()]), expected);
    }
}
