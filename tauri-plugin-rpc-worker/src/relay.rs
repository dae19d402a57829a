//! The windows that are told what a worker says, and how long the worker waits for one that is behind.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tauri::ipc::InvokeResponseBody;

use crate::attachment::{Attachment, Place, Sink};
use crate::config::is_name;
use crate::error::{Error, ErrorKind, Result};
use crate::message::{output, Message};
use crate::route::route;

/// How much may be out to a window before the worker is not read any more.
const LIMIT: usize = 64 << 20;

/// How many characters the name of a session has at most.
const LONGEST: usize = 32;

/// How long that may last. Then the window is let go, so that the others can go on.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The windows that a worker's output goes to.
pub struct Relay {
    attached: Mutex<Vec<Attachment>>,
    /// Credit came, or an attachment went.
    room: Condvar,
    limit: usize,
    patience: Duration,
}

impl Relay {
    pub fn new() -> Self {
        Self::with(LIMIT, PATIENCE)
    }

    fn with(limit: usize, patience: Duration) -> Self {
        Self {
            attached: Mutex::default(),
            room: Condvar::new(),
            limit,
            patience,
        }
    }

    /// Attaches a session, anew if its page has attached it before.
    pub fn attach(&self, session: &str, place: Place, sink: Sink) -> Result<()> {
        if !is_name(session, LONGEST) {
            let message =
                format!("{session:?} is no session: its name has 1 to 32 letters, digits, - and _");
            return Err(Error::new(ErrorKind::BadSession, message));
        }
        let mut attached = self.lock();
        if let Some(known) = attached.iter().find(|known| known.session == session) {
            if known.place != place {
                let message = format!(
                    "the session {session} is attached by the window {}: take another, random name",
                    known.place.window
                );
                return Err(Error::new(ErrorKind::BadSession, message));
            }
            attached.retain(|known| known.session != session);
        }
        attached.push(Attachment::new(session, place, sink));
        Ok(())
    }

    /// Refuses a session that this page has not attached, or not any more.
    pub fn check_attached(&self, session: &str, place: &Place) -> Result<()> {
        let attached = self.lock();
        if attached.iter().any(|known| known.is(session, place)) {
            return Ok(());
        }
        Err(not_attached(session))
    }

    /// Lets a session of this page go; returns whether it was attached.
    pub fn detach(&self, session: &str, place: &Place) -> bool {
        !self.remove(|known| known.is(session, place)).is_empty()
    }

    /// Lets the sessions go that were attached from there; returns their names.
    pub fn leave(&self, from: impl Fn(&Place) -> bool) -> Vec<String> {
        self.remove(|known| from(&known.place))
    }

    /// Takes note that a page has taken this many messages in all.
    pub fn credit(&self, session: &str, place: &Place, received: u64) -> Result<()> {
        let mut attached = self.lock();
        let Some(known) = attached.iter_mut().find(|known| known.is(session, place)) else {
            return Err(not_attached(session));
        };
        known.credit(received);
        drop(attached);
        self.room.notify_all();
        Ok(())
    }

    /// Sends whole lines of stdout to whom they are for; returns the sessions that went.
    pub fn deliver(&self, lines: String) -> Vec<String> {
        let sessions: Vec<String> = self
            .lock()
            .iter()
            .map(|known| known.session.clone())
            .collect();
        match sessions.as_slice() {
            [] => Vec::new(),
            // What is for somebody else, a client drops by itself.
            [only] => self.send(vec![(only.as_str(), output(lines))]),
            several => {
                let parts = route(&lines, several);
                let parts = several
                    .iter()
                    .zip(parts)
                    .filter(|(_, part)| !part.is_empty());
                self.send(
                    parts
                        .map(|(to, part)| (to.as_str(), output(part)))
                        .collect(),
                )
            }
        }
    }

    /// Tells all that a line was thrown away; returns the sessions that went.
    pub fn dropped(&self, head: &str, bytes: usize) -> Vec<String> {
        self.announce(&Message::Dropped { head, bytes })
    }

    /// Sends lines of stderr to the windows that are not behind; returns the sessions that went.
    pub fn complain(&self, text: &str) -> Vec<String> {
        self.tell(&Message::Stderr { text }, |known| {
            known.out_bytes() <= self.limit
        })
    }

    /// Tells all; returns the sessions that went.
    pub fn announce(&self, message: &Message<'_>) -> Vec<String> {
        self.tell(message, |_| true)
    }

    /// Blocks while a window is behind, as long as our patience lasts and `pausing` holds; then lets
    /// it go. Returns the sessions that went.
    pub fn wait_for_room(&self, pausing: impl Fn() -> bool) -> Vec<String> {
        let mut attached = self.lock();
        let behind = |known: &Attachment| known.out_bytes() > self.limit;
        let begun = Instant::now();
        while pausing() && attached.iter().any(behind) {
            let left = self.patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                drop(attached);
                return self.let_go(behind);
            }
            let waited = self.room.wait_timeout(attached, left);
            attached = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Vec::new()
    }

    /// Ends a waiting for room whose `pausing` holds no more.
    pub fn wake(&self) {
        drop(self.lock());
        self.room.notify_all();
    }

    fn let_go(&self, behind: impl Fn(&Attachment) -> bool) -> Vec<String> {
        let mut gone = Vec::new();
        self.lock().retain_mut(|known| {
            if !behind(known) {
                return true;
            }
            let message = format!(
                "the window was {} MiB behind for {} s, and was detached: attach again, with another session",
                known.out_bytes() >> 20,
                self.patience.as_secs()
            );
            let session = known.session.clone();
            // It gets this when it comes back; if it never does, nobody is missing it.
            known.send(Message::Detached { session: &session, message }.body());
            gone.push(session);
            false
        });
        gone
    }

    fn remove(&self, which: impl Fn(&Attachment) -> bool) -> Vec<String> {
        let mut attached = self.lock();
        let (gone, kept) = std::mem::take(&mut *attached).into_iter().partition(which);
        *attached = kept;
        drop(attached);
        self.room.notify_all();
        let gone: Vec<Attachment> = gone; // Dropped without the lock: that tells the page, too.
        gone.into_iter().map(|known| known.session).collect()
    }

    fn tell(&self, message: &Message<'_>, whom: impl Fn(&Attachment) -> bool) -> Vec<String> {
        let body = message.body();
        let sessions: Vec<String> = {
            let attached = self.lock();
            let told = attached.iter().filter(|known| whom(known));
            told.map(|known| known.session.clone()).collect()
        };
        self.send(
            sessions
                .iter()
                .map(|to| (to.as_str(), body.clone()))
                .collect(),
        )
    }

    /// Sends; a window that is gone and has not been let go yet, is now.
    fn send(&self, bodies: Vec<(&str, InvokeResponseBody)>) -> Vec<String> {
        let mut failed = Vec::new();
        let mut attached = self.lock();
        for (to, body) in bodies {
            let Some(known) = attached.iter_mut().find(|known| known.session == to) else {
                continue;
            };
            if !known.send(body) {
                failed.push(to.to_owned());
            }
        }
        drop(attached);
        if failed.is_empty() {
            return failed;
        }
        self.remove(|known| failed.contains(&known.session))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Attachment>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_attached(session: &str) -> Error {
    let message = format!("the session {session:?} is not attached here, or not any more: attach, with another session");
    Error::new(ErrorKind::NotAttached, message)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use tauri::ipc::{Channel, InvokeResponseBody};

    use super::Relay;
    use crate::attachment::{Place, Sink};
    use crate::error::ErrorKind;

    const LONG: Duration = Duration::from_secs(600);

    fn place(label: &str) -> Place {
        Place {
            window: label.to_owned(),
            webview: label.to_owned(),
        }
    }

    /// A channel, and what was sent on it.
    fn sink() -> (Sink, mpsc::Receiver<String>) {
        let (sender, receiver) = mpsc::channel();
        let channel = Channel::new(move |body| {
            let text = match body {
                InvokeResponseBody::Json(json) => json,
                InvokeResponseBody::Raw(bytes) => String::from_utf8(bytes).expect("it is text"),
            };
            sender.send(text).map_err(|_| tauri::Error::WebviewNotFound)
        });
        (channel, receiver)
    }

    fn attach(relay: &Relay, session: &str, label: &str) -> mpsc::Receiver<String> {
        let (sink, sent) = sink();
        relay
            .attach(session, place(label), sink)
            .expect("it can be attached");
        sent
    }

    /// What a window got: the lines, out of their JSON strings.
    fn lines(sent: &mpsc::Receiver<String>) -> Vec<String> {
        let texts = sent
            .try_iter()
            .map(|json| serde_json::from_str::<String>(&json).expect("a string"));
        texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn one_window_gets_a_chunk_as_it_is() {
        let relay = Relay::with(1000, LONG);
        let sent = attach(&relay, "A", "one");
        relay.deliver("{\"jsonrpc\":\"2.0\",\"id\":\"B:1\"}\nx\n".into());
        assert_eq!(sent.try_iter().count(), 1);
    }

    #[test]
    fn who_gets_nothing_of_a_chunk_gets_no_message() {
        let relay = Relay::with(1000, LONG);
        let (a, b) = (attach(&relay, "A", "one"), attach(&relay, "B", "two"));
        relay.deliver("{\"jsonrpc\":\"2.0\",\"id\":\"B:1\"}\n".into());
        assert_eq!((a.try_iter().count(), b.try_iter().count()), (0, 1));
    }

    #[test]
    fn a_session_is_one_windows() {
        let relay = Relay::with(1000, LONG);
        let first = attach(&relay, "A", "one");
        for (session, label) in [
            ("A", "two"),
            ("", "one"),
            ("a b", "one"),
            ("ä", "one"),
            (&"x".repeat(33), "one"),
        ] {
            let refused = relay.attach(session, place(label), sink().0);
            assert_eq!(refused.expect_err(session).kind, ErrorKind::BadSession);
        }
        let second = attach(&relay, "A", "one");
        relay.deliver("x\n".into());
        assert_eq!((lines(&first).len(), lines(&second).len()), (0, 1));
        assert!(!relay.detach("A", &place("two")));
        assert!(relay.detach("A", &place("one")));
        assert!(!relay.detach("A", &place("one")));
    }

    #[test]
    fn leaving_takes_the_sessions_of_that_window_only() {
        let relay = Relay::with(1000, LONG);
        let _kept = [("A", "one"), ("B", "two"), ("C", "one")]
            .map(|(session, label)| attach(&relay, session, label));
        assert_eq!(relay.leave(|place| place.window == "one"), ["A", "C"]);
        assert_eq!(relay.leave(|_| true), ["B"]);
    }

    #[test]
    fn a_window_that_is_gone_is_let_go() {
        let relay = Relay::with(1000, LONG);
        drop(attach(&relay, "A", "one"));
        let b = attach(&relay, "B", "two");
        assert_eq!(relay.deliver("x\n".into()), ["A"]);
        assert_eq!(relay.deliver("y\n".into()), [""; 0]);
        assert_eq!(lines(&b), ["x", "y"]);
    }

    #[test]
    fn credit_makes_room() {
        let relay = Relay::with(10, LONG);
        let sent = attach(&relay, "A", "one");
        for _ in 0..3 {
            relay.deliver("12345\n".into()); // Nine bytes as JSON.
        }
        assert_eq!(
            relay
                .credit("A", &place("two"), 1)
                .expect_err("not there")
                .kind,
            ErrorKind::NotAttached
        );
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| relay.wait_for_room(|| true));
            relay.credit("A", &place("one"), 1).expect("it is attached");
            relay
                .credit("A", &place("one"), 0)
                .expect("an overtaken one is harmless");
            assert!(!waiting.is_finished(), "18 bytes are out");
            relay.credit("A", &place("one"), 2).expect("it is attached");
            assert_eq!(waiting.join().expect("it waits"), [""; 0]);
        });
        relay
            .credit("A", &place("one"), u64::MAX)
            .expect("too much is harmless");
        relay.deliver("1\n".into());
        assert_eq!(relay.wait_for_room(|| true), [""; 0]);
        assert_eq!(lines(&sent).len(), 4);
    }

    #[test]
    fn who_takes_nothing_is_let_go_and_told_so() {
        let relay = Relay::with(10, Duration::from_millis(20));
        let (slow, quick) = (attach(&relay, "A", "one"), attach(&relay, "B", "two"));
        relay.deliver("1234567890\n".into());
        relay.credit("B", &place("two"), 1).expect("it is attached");
        assert_eq!(relay.wait_for_room(|| true), ["A"]);
        relay.deliver("more\n".into());
        let told: Vec<String> = slow.try_iter().collect();
        assert_eq!(told.len(), 2);
        assert!(
            told[1].starts_with(r#"{"type":"detached","session":"A","message":"the window"#),
            "{}",
            told[1]
        );
        assert_eq!(lines(&quick), ["1234567890", "more"]);
    }

    #[test]
    fn a_pause_ends_when_nobody_wants_it_or_the_window_goes() {
        let relay = Relay::with(10, LONG);
        let _sent = attach(&relay, "A", "one");
        relay.deliver("1234567890\n".into());
        let pausing = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| relay.wait_for_room(|| pausing.load(Ordering::SeqCst)));
            pausing.store(false, Ordering::SeqCst);
            relay.wake();
            assert_eq!(waiting.join().expect("it waits"), [""; 0]);
            let waiting = scope.spawn(|| relay.wait_for_room(|| true));
            relay.leave(|_| true);
            assert_eq!(waiting.join().expect("it waits"), [""; 0]);
        });
    }

    #[test]
    fn stderr_is_left_out_for_a_window_that_is_behind() {
        let relay = Relay::with(10, LONG);
        let sent = attach(&relay, "A", "one");
        relay.complain("before\n");
        relay.deliver("1234567890\n".into());
        relay.complain("behind\n");
        relay.dropped("head", 5);
        let told: Vec<String> = sent.try_iter().collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0], r#"{"type":"stderr","text":"before\n"}"#);
        assert_eq!(told[2], r#"{"type":"dropped","head":"head","bytes":5}"#);
    }
}
