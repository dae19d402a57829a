//! One session of one page, and how much is out to it that it has not taken yet.

use std::collections::VecDeque;

use tauri::ipc::{Channel, InvokeResponseBody};

/// Where a window is told.
pub type Sink = Channel<InvokeResponseBody>;

/// Where a page is: Tauri's labels of its window and its webview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub window: String,
    pub webview: String,
}

/// One session of one page.
pub struct Attachment {
    pub session: String,
    pub place: Place,
    sink: Sink,
    /// The sizes of the messages that the page has not taken yet, in the order they were sent.
    out: VecDeque<usize>,
    out_bytes: usize,
    /// How many it has taken.
    taken: u64,
}

impl Attachment {
    pub fn new(session: &str, place: Place, sink: Sink) -> Self {
        Self {
            session: session.to_owned(),
            place,
            sink,
            out: VecDeque::new(),
            out_bytes: 0,
            taken: 0,
        }
    }

    pub fn is(&self, session: &str, place: &Place) -> bool {
        self.session == session && self.place == *place
    }

    /// How many bytes are out.
    pub fn out_bytes(&self) -> usize {
        self.out_bytes
    }

    /// Returns whether the page is still there. Never blocks.
    pub fn send(&mut self, body: InvokeResponseBody) -> bool {
        let size = size(&body);
        let sent = self.sink.send(body).is_ok();
        if sent {
            self.out.push_back(size);
            self.out_bytes += size;
        }
        sent
    }

    /// The page has taken this many messages in all.
    pub fn credit(&mut self, received: u64) {
        while self.taken < received {
            // More than was sent is a page's mistake, and harms nobody.
            let Some(size) = self.out.pop_front() else {
                break;
            };
            self.out_bytes -= size;
            self.taken += 1;
        }
    }
}

fn size(body: &InvokeResponseBody) -> usize {
    match body {
        InvokeResponseBody::Json(json) => json.len(),
        InvokeResponseBody::Raw(bytes) => bytes.len(),
    }
}
