//! JSON strings (RFC 8259, section 7) and nothing else of JSON. An app has `serde_json` for this.

use std::fmt::Write;

/// Writes `text` as a JSON string, quotes included. The result holds no line break.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 2);
    out.push('"');
    let mut rest = text;
    // All that must be escaped is ASCII, so its byte never occurs inside a longer character, and
    // what lies between can be copied as it is.
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => write!(out, "\\u{control:04x}").expect("a String takes any text"),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
    out
}

/// Reads a JSON string, blanks around it allowed. The error says what is wrong and where.
pub fn decode(json: &str) -> Result<String, String> {
    let json = json.trim_matches([' ', '\t', '\r', '\n']);
    let mut rest = json
        .strip_prefix('"')
        .ok_or("not a JSON string: it does not begin with a quote")?;
    let mut out = String::with_capacity(rest.len());
    loop {
        let at = rest
            .bytes()
            .position(is_special)
            .ok_or("a JSON string without its closing quote")?;
        out.push_str(&rest[..at]);
        let special = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match special {
            b'"' if rest.is_empty() => return Ok(out),
            b'\\' => out.push(unescape(&mut rest).ok_or_else(|| {
                // The place is where the text after the bad escape begins.
                format!("a bad escape before byte {}", json.len() - rest.len())
            })?),
            b'"' => return Err("text after the closing quote".to_owned()),
            control => return Err(format!("a raw control character, {control:#04x}")),
        }
    }
}

/// Must be escaped inside a JSON string, or means something there.
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

/// Reads what follows a backslash and moves `rest` behind it.
fn unescape(rest: &mut &str) -> Option<char> {
    let letter = rest.chars().next()?;
    *rest = &rest[letter.len_utf8()..];
    Some(match letter {
        '"' | '\\' | '/' => letter,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_point(rest),
        _ => return None,
    })
}

/// Reads what follows `\u`: four hexadecimal digits, or two such escapes for a character beyond the
/// 65,536 that four digits can name (a surrogate pair, as JavaScript's strings hold it).
fn code_point(rest: &mut &str) -> Option<char> {
    let unit = hex4(rest)?;
    if !(0xD800..0xDC00).contains(&unit) {
        // None for the second half of a pair without its first.
        return char::from_u32(unit.into());
    }
    *rest = rest.strip_prefix("\\u")?;
    char::decode_utf16([unit, hex4(rest)?]).next()?.ok()
}

fn hex4(rest: &mut &str) -> Option<u16> {
    let digits = rest.get(..4)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None; // `from_str_radix` alone would take a sign.
    }
    *rest = &rest[4..];
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn encodes() {
        for (text, json) in [
            ("", r#""""#),
            (r#"{"a":"b\n"}"#, r#""{\"a\":\"b\\n\"}""#),
            ("\n\r\t", r#""\n\r\t""#),
            ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
            ("ä€😀\u{2028}\u{2029}", "\"ä€😀\u{2028}\u{2029}\""),
        ] {
            assert_eq!(encode(text), json);
            assert_eq!(decode(json).as_deref(), Ok(text));
        }
    }

    #[test]
    fn decodes_what_others_write() {
        for (json, text) in [
            (r#"  "a" "#, "a"),
            ("\"a\"\r\n", "a"),
            (r#""\/\b\f\n\r\t\"\\""#, "/\u{8}\u{c}\n\r\t\"\\"),
            (r#""\u00e4\u00E4\u2028""#, "ää\u{2028}"),
            (r#""\ud83d\ude00 and \uD83D\uDE00""#, "😀 and 😀"),
            (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
        ] {
            assert_eq!(decode(json).as_deref(), Ok(text), "{json}");
        }
    }

    #[test]
    fn refuses() {
        for (json, mistake) in [
            ("", "does not begin with a quote"),
            ("{}", "does not begin with a quote"),
            ("\"", "without its closing quote"),
            (r#""a\""#, "without its closing quote"),
            (r#""a" "b""#, "after the closing quote"),
            ("\"a\tb\"", "raw control character, 0x09"),
            (r#""\x""#, "bad escape before byte 3"),
            (r#""\u12""#, "bad escape before byte 3"),
            (r#""\u+123""#, "bad escape before byte 3"),
            (r#""\u12ä""#, "bad escape before byte 3"),
            (r#""\ud83d""#, "bad escape before byte 7"),
            (r#""\ud83d\u0041""#, "bad escape before byte 13"),
            (r#""\ud83dx""#, "bad escape before byte 7"),
            (r#""\ude00""#, "bad escape before byte 7"),
        ] {
            let error = decode(json).expect_err(json);
            assert!(error.contains(mistake), "{json}: {error}");
        }
    }
}
