//! What a page is told on its channel, in the form that costs the webview least.

use serde::Serialize;
use tauri::ipc::InvokeResponseBody;

use crate::status::Status;

/// Tauri hands smaller JSON to the page in a script, and lets it fetch the rest.
const INLINE: usize = 8192;

/// A message that is told apart by its `type`. Output has none: it is a string or an `ArrayBuffer`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Message<'a> {
    /// The worker has come into another state.
    State(&'a Status),
    /// Whole lines of its stderr.
    Stderr { text: &'a str },
    /// A line of its stdout was too long.
    Dropped { head: &'a str, bytes: usize },
    /// The window was too slow: this is its last message.
    Detached { session: &'a str, message: String },
}

impl Message<'_> {
    pub fn body(&self) -> InvokeResponseBody {
        InvokeResponseBody::Json(serde_json::to_string(self).expect("its members are JSON"))
    }
}

/// Whole lines of stdout: as JSON where the page gets that in a script, else as bytes, which are
/// neither escaped here nor parsed there.
pub fn output(lines: String) -> InvokeResponseBody {
    if lines.len() < INLINE {
        let json = serde_json::to_string(&lines).expect("a text is JSON");
        if json.len() < INLINE {
            return InvokeResponseBody::Json(json);
        }
    }
    InvokeResponseBody::Raw(lines.into_bytes())
}

#[cfg(test)]
mod tests {
    use tauri::ipc::InvokeResponseBody::{Json, Raw};

    use super::{output, Message, INLINE};

    #[test]
    fn output_is_a_string_or_bytes() {
        assert!(matches!(output("\"a\"\n".into()), Json(json) if json == r#""\"a\"\n""#));
        for long in ["x".repeat(INLINE), "\"".repeat(INLINE / 2)] {
            assert!(matches!(output(long.clone()), Raw(bytes) if bytes == long.as_bytes()));
        }
    }

    #[test]
    fn all_else_has_a_type() {
        let text = "a\n";
        assert!(matches!(
            Message::Stderr { text }.body(),
            Json(json) if json == r#"{"type":"stderr","text":"a\n"}"#
        ));
    }
}
