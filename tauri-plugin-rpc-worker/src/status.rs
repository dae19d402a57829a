//! How a worker is, as pages and the app are told.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Where a worker is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It was never started, or ended because it was asked to.
    Stopped,
    /// It is being started, or has not written its first line yet.
    Starting,
    /// It has written a line.
    Running,
    /// It was asked to end.
    Stopping,
    /// It ended by itself, or could not be started.
    Exited,
}

/// How a worker is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// The worker's name.
    pub worker: String,
    /// Where it is in its life.
    pub state: State,
    /// Its process, while there is one.
    pub pid: Option<u32>,
    /// When it came into this state, in milliseconds since 1970.
    pub since: u64,
    /// How the last process ended; None while one runs and before the first.
    pub exit: Option<Exit>,
}

/// How a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exit {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it, such as `SIGKILL`.
    pub signal: Option<String>,
    /// The last lines that it wrote to its stderr.
    pub stderr: String,
    /// Why it could not be started, if it could not.
    pub error: Option<String>,
}

impl Status {
    pub(crate) fn new(worker: &str) -> Self {
        Self {
            worker: worker.to_owned(),
            state: State::Stopped,
            pid: None,
            since: now(),
            exit: None,
        }
    }
}

impl Exit {
    /// A sentence's part: `it exited with code 1`.
    pub(crate) fn describe(&self) -> String {
        match (&self.error, &self.signal, self.code) {
            (Some(error), ..) => format!("it could not be started: {error}"),
            (_, Some(signal), _) => format!("{signal} ended it"),
            (.., Some(code)) => format!("it exited with code {code}"),
            _ => "it ended".to_owned(),
        }
    }
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
