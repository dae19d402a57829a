//! What goes wrong, as a page and the app's own code are told.

use std::fmt;

use serde::Serialize;

/// A refusal. The message says what is wrong, where, and what to do; a page gets both members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Error {
    /// What kind of thing is wrong, for code.
    pub kind: ErrorKind,
    /// The same for people.
    pub message: String,
}

/// What can go wrong, for code to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorKind {
    /// No worker of that name is declared.
    UnknownWorker,
    /// The scope of the page's permission leaves the worker out.
    NotAllowed,
    /// A session's name is none, or another window's.
    BadSession,
    /// What should be written to a worker is no text for it.
    BadText,
    /// The session is not attached.
    NotAttached,
    /// The worker does not run, or does not read any more.
    NotRunning,
    /// The worker could not be started.
    StartFailed,
    /// The worker was killed, and is still there.
    NotEnded,
    /// The plugin's configuration is wrong.
    Config,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn not_started(worker: &str, why: impl fmt::Display) -> Self {
        let message = format!("the worker {worker:?} cannot be started: {why}");
        Self::new(ErrorKind::StartFailed, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What the plugin's functions return.
pub type Result<T> = std::result::Result<T, Error>;
