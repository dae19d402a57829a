//! Where a worker is in its life: the one thing that knows, and the one place where it changes.

use std::sync::Arc;

use crate::child::Child;
use crate::error::{Error, ErrorKind};
use crate::input::Input;
use crate::message::Message;
use crate::relay::Relay;
use crate::status::{now, Exit, State, Status};

/// Where a worker is in its life.
pub struct Life {
    pub status: Status,
    /// What runs; None while it is being started, too.
    pub running: Option<Running>,
    /// How many times it was started.
    pub starts: u64,
    /// Whether the app is leaving: nothing is started any more.
    pub closed: bool,
}

/// What there is of a process that runs.
pub struct Running {
    pub child: Arc<Child>,
    pub input: Input,
}

impl Life {
    pub fn new(name: &str) -> Self {
        Self {
            status: Status::new(name),
            running: None,
            starts: 0,
            closed: false,
        }
    }

    /// The one place where the state changes, and all windows are told.
    pub fn change(&mut self, relay: &Relay, state: State, pid: Option<u32>, exit: Option<Exit>) {
        self.status.state = state;
        self.status.pid = pid;
        self.status.exit = exit;
        self.status.since = now();
        let gone = relay.announce(&Message::State(&self.status));
        self.end_sessions(&gone);
    }

    pub fn not_running(&self, why: &str) -> Error {
        let name = &self.status.worker;
        let message = format!("the worker {name:?} does not run: {why}; start or restart it");
        Error::new(ErrorKind::NotRunning, message)
    }

    /// Tells the worker that these sessions have ended (protocol, section 3). Never blocks.
    pub fn end_sessions(&self, sessions: &[String]) {
        let Some(running) = &self.running else {
            return;
        };
        for session in sessions {
            running.input.write_now(format!(
                "{{\"jsonrpc\":\"2.0\",\"method\":\"$/endSession\",\"params\":{{\"session\":\"{session}\"}}}}\n"
            ));
        }
    }

    /// Whether what was started then has ended.
    pub fn has_ended(&self, start: u64) -> bool {
        self.starts != start || self.running.is_none()
    }
}
