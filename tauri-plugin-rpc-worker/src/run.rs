//! The threads of one process: two read what it writes, one waits for its end.

use std::io::{ErrorKind, Read, Write};
use std::process::{ChildStderr, ChildStdout};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::child::{Child, Waiter};
use crate::last_lines::LastLines;
use crate::lines::{Lines, Piece};
use crate::status::Exit;
use crate::worker::Worker;

/// The longest line of stdout (protocol, section 1), and of stderr.
const LONGEST: usize = 64 << 20;
const LONGEST_ERROR: usize = 1 << 20;

/// How much is read at once: more than a pipe holds on any system.
const READ: usize = 1 << 18;

/// How long the last output may follow the end of the process. It is in the pipes by then; more is
/// needed only where something else holds their other ends.
const FOLLOWS: Duration = Duration::from_millis(150);

/// What the three know of each other.
#[derive(Default)]
struct Run {
    /// The process has ended: what is still to be read is little, and nobody pauses for it.
    dead: AtomicBool,
    /// The end was told. What comes after it is nobody's.
    over: AtomicBool,
    /// Whether each reader waits for something to read.
    idle: [AtomicBool; 2],
    last_lines: Mutex<LastLines>,
}

/// Starts the threads.
pub fn watch(
    worker: &Arc<Worker>,
    child: Arc<Child>,
    waiter: Waiter,
    stdout: ChildStdout,
    stderr: ChildStderr,
) {
    let run = Arc::new(Run::default());
    let (done, readers) = channel();
    let (of_stdout, of_stderr) = (done.clone(), done);
    let (us, ours) = (Arc::clone(worker), Arc::clone(&run));
    thread::spawn(move || {
        relay_output(&us, &ours, stdout);
        let _ = of_stdout.send(());
    });
    let (us, ours) = (Arc::clone(worker), Arc::clone(&run));
    thread::spawn(move || {
        relay_errors(&us, &ours, stderr);
        let _ = of_stderr.send(());
    });
    let us = Arc::clone(worker);
    thread::spawn(move || {
        let exit = child.wait(waiter);
        run.dead.store(true, SeqCst);
        us.relay().wake();
        loop {
            match readers.recv_timeout(FOLLOWS) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) if !run.waits_for_others() => {}
                Err(_) => break,
            }
        }
        run.over.store(true, SeqCst);
        let stderr = run
            .last_lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .to_string();
        us.ended(Exit { stderr, ..exit });
    });
}

impl Run {
    /// Whether all that is read now comes from somebody who holds a dead process's pipe.
    fn waits_for_others(&self) -> bool {
        self.idle.iter().all(|idle| idle.load(SeqCst))
    }

    /// Reads to the end, and gives what comes as it comes.
    fn read(&self, mut from: impl Read, reader: usize, mut take: impl FnMut(&[u8])) {
        let mut buffer = vec![0; READ];
        loop {
            self.idle[reader].store(true, SeqCst);
            let read = from.read(&mut buffer);
            self.idle[reader].store(false, SeqCst);
            match read {
                Ok(0) => break,
                Ok(_) if self.over.load(SeqCst) => break,
                Ok(size) => take(&buffer[..size]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.idle[reader].store(true, SeqCst);
    }
}

/// What is read is sent before more is read: meanwhile more comes, and is sent as one.
fn relay_output(worker: &Worker, run: &Run, stdout: ChildStdout) {
    let relay = worker.relay();
    let mut lines = Lines::new(LONGEST);
    let mut spoke = false;
    run.read(stdout, 0, |bytes| {
        lines.feed(bytes, |piece| {
            if !spoke {
                worker.spoke();
                spoke = true;
            }
            let gone = match piece {
                Piece::Lines(lines) => relay.deliver(lines),
                Piece::Dropped { head, bytes } => relay.dropped(&head, bytes),
            };
            worker.end_sessions(&gone);
        });
        let gone = relay.wait_for_room(|| !run.dead.load(SeqCst));
        worker.end_sessions(&gone);
    });
}

/// Stderr goes where the app's own goes, too.
fn relay_errors(worker: &Worker, run: &Run, stderr: ChildStderr) {
    let mut lines = Lines::new(LONGEST_ERROR);
    let tell = |text: &str| {
        let mut last_lines = run
            .last_lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last_lines.add(text);
        drop(last_lines);
        worker.end_sessions(&worker.relay().complain(text));
    };
    run.read(stderr, 1, |bytes| {
        let _ = std::io::stderr().write_all(bytes);
        lines.feed(bytes, |piece| match piece {
            Piece::Lines(text) => tell(&text),
            Piece::Dropped { head, bytes } => tell(&format!("{head}… ({bytes} bytes)\n")),
        });
    });
    let rest = lines.rest();
    if !rest.is_empty() {
        tell(&(rest + "\n"));
    }
}
