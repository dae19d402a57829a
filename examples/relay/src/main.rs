//! The host of a worker, as people write it by hand in a Tauri app, without Tauri.
//!
//! It starts the worker, hands each line of the worker's stdout to the frontend, and writes what
//! the frontend sends to the worker's stdin. It parses nothing of what it carries.
//!
//! In an app, a line travels to the page with `app.emit("runtime-stdout", line)` and comes from it
//! as the payload of an event. Here both travel as one JSON string a line, on this program's own
//! stdout and stdin, so that a test or a script can stand in for the page.
//!
//! ```text
//! relay [--grace SECONDS] PROGRAM [ARGUMENT...]
//! ```
//!
//! It ends with the worker's exit code (128 + the signal's number, if a signal ended it). At the
//! end of its own stdin it ends the worker: see [`supervise`].

mod json;

use std::env;
use std::fmt::Display;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: relay [--grace SECONDS] PROGRAM [ARGUMENT...]";

/// How long a worker may take to finish its work once its stdin has ended, and the frontend to take
/// the last lines once the worker has. A worker gives what runs five seconds, and ends after eight at
/// the latest: one that is killed before that loses answers, and does not leave its lifespan.
const GRACE: Duration = Duration::from_secs(9);

/// How often to look whether the worker still runs: the standard library cannot wait for a process
/// *and* a deadline. The end of the worker's stdout, which nearly always comes with its death, wakes
/// us at once; from then on, and while the grace runs, we look more often.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_OFTEN: Duration = Duration::from_millis(2);

/// What the threads report to the one that supervises.
enum Ended {
    /// Nothing more will come from the frontend: the app is closing, or was killed.
    Frontend,
    /// Nothing more will come from the worker's stdout.
    Output,
}

fn main() -> ExitCode {
    let (grace, command) = match parse(env::args().skip(1).collect()) {
        Ok(parsed) => parsed,
        Err(mistake) => {
            report(format_args!("{mistake}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match run(&command, grace) {
        Ok(status) => ExitCode::from(exit_code(status)),
        Err(error) => {
            report(format_args!("cannot run {}: {error}", command[0]));
            ExitCode::from(127) // What a shell says of a command that it cannot start.
        }
    }
}

/// Reads the command line: the grace, and the worker's program with its arguments.
fn parse(mut arguments: Vec<String>) -> Result<(Duration, Vec<String>), String> {
    let mut grace = GRACE;
    if arguments.first().is_some_and(|first| first == "--grace") {
        let seconds = arguments.get(1).and_then(|text| text.parse().ok());
        grace = seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or("--grace takes a number of seconds, such as 0.5")?;
        arguments.drain(..2);
    }
    if arguments.is_empty() {
        return Err("the worker's program is missing".to_owned());
    }
    Ok((grace, arguments))
}

/// Starts the worker, relays until one side ends, and returns how the worker ended.
fn run(command: &[String], grace: Duration) -> io::Result<ExitStatus> {
    let mut worker = Command::new(&command[0])
        .args(&command[1..])
        // The worker watches this process: if we are killed, it goes as well, even when something
        // else still holds its stdin open.
        .env("RPC_WORKER_HOST_PID", std::process::id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Stderr is not piped: it goes where ours goes. A pipe that nobody reads would fill, and
        // the worker would hang in its first long traceback.
        .spawn()?;

    // The pipes are taken out of the process handle, so that each thread owns what it works with
    // and no lock is needed.
    let to_worker = worker.stdin.take().expect("stdin was piped");
    let from_worker = worker.stdout.take().expect("stdout was piped");

    let (ended, endings) = mpsc::channel();
    let (payloads, outbox) = mpsc::channel();
    let output_ended = ended.clone();
    let frontend_ended = ended.clone();
    thread::spawn(move || {
        relay_output(from_worker);
        let _ = output_ended.send(Ended::Output);
    });
    thread::spawn(move || write_payloads(&outbox, to_worker));
    thread::spawn(move || {
        read_payloads(&payloads);
        drop(payloads); // First the worker's stdin ends …
        let _ = frontend_ended.send(Ended::Frontend); // … and then its grace begins.
    });

    let status = supervise(worker, &endings, grace);
    drop(ended); // Held until here: a channel without senders would not wait any more, but spin.
    status
}

/// Worker to frontend: each line as one JSON string.
fn relay_output(from_worker: ChildStdout) {
    let mut stdout = io::stdout().lock();
    for line in text_lines(BufReader::new(from_worker), "the worker") {
        let mut event = json::encode(&line);
        event.push('\n');
        // Nobody listens any more: let go of the worker's stdout, so that it learns of that too.
        if stdout.write_all(event.as_bytes()).is_err() || stdout.flush().is_err() {
            return;
        }
    }
}

/// Frontend to queue: each line holds one JSON string, the payload of one event.
///
/// The queue stands between this and the writing, so that the frontend's end is seen even while a
/// worker that does not read keeps the writer waiting. Like an app's events, it has no limit.
fn read_payloads(payloads: &Sender<String>) {
    for line in text_lines(io::stdin().lock(), "the frontend") {
        match json::decode(&line) {
            // The writer is gone when the worker closed its stdin: nobody is left to read this.
            Ok(payload) => drop(payloads.send(payload)),
            Err(mistake) => report(format_args!("a payload was dropped: {mistake}")),
        }
    }
}

/// Queue to worker. When the queue's other end is dropped, this ends and drops the worker's stdin,
/// and that is how the worker learns that it should end.
fn write_payloads(outbox: &Receiver<String>, mut to_worker: ChildStdin) {
    for mut payload in outbox {
        // The worker reads lines; frontends often send theirs without the newline.
        if !payload.ends_with('\n') {
            payload.push('\n');
        }
        // One write for the whole payload. With two (the text, then the newline), the lines of two
        // windows could mix.
        if to_worker.write_all(payload.as_bytes()).is_err() {
            return;
        }
    }
}

/// Waits for the worker's end and brings it about when the frontend has ended.
///
/// The order matters. The worker's stdin is dropped first: it then answers what it is working on,
/// cleans up and exits by itself. Only if it does not within the grace, it is killed. And whoever
/// kills must also wait, or the dead process stays in the system's table.
///
/// This function *owns* the process handle. An app keeps it in its state, in a `Mutex<Option<Child>>`:
/// `take()` it out and release the lock before `kill` and `wait`, or every command that needs the
/// lock, and with it the window, freezes for as long as the worker takes.
fn supervise(
    mut worker: Child,
    endings: &Receiver<Ended>,
    grace: Duration,
) -> io::Result<ExitStatus> {
    let mut output_ended = false;
    let mut kill_at = None;
    let status = loop {
        if let Some(status) = worker.try_wait()? {
            break status;
        }
        if kill_at.is_some_and(|at| Instant::now() >= at) {
            report(format_args!(
                "the worker did not end within {grace:?}: killed"
            ));
            worker.kill()?;
            break worker.wait()?;
        }
        let ending = output_ended || kill_at.is_some();
        match endings.recv_timeout(if ending { LOOK_OFTEN } else { LOOK }) {
            Ok(Ended::Frontend) => kill_at = Instant::now().checked_add(grace),
            Ok(Ended::Output) => output_ended = true,
            Err(_) => {} // Nothing ended: look again.
        }
    };

    // Its last lines may still be on their way through the pipe. A child of the worker that holds
    // its stdout open must not keep us here for ever, though.
    let since = Instant::now();
    while !output_ended {
        match endings.recv_timeout(grace.saturating_sub(since.elapsed())) {
            Ok(Ended::Output) => output_ended = true,
            Ok(Ended::Frontend) => {}
            Err(_) => break,
        }
    }
    Ok(status)
}

/// The lines of a reader, without their ends.
///
/// `lines()` strips the newline, which is what makes the frontend's adapter put it back. It also
/// fails for a line that is not UTF-8; that line has been read by then, so the next one is good:
/// leave out the bad one and go on. Any other error is the end.
fn text_lines(reader: impl BufRead, whose: &'static str) -> impl Iterator<Item = String> {
    let keep_or_end = move |line: io::Result<String>| match line {
        Ok(line) => Some(Some(line)),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            report(format_args!(
                "a line from {whose} was dropped: it is not UTF-8"
            ));
            Some(None)
        }
        Err(_) => None,
    };
    reader.lines().map_while(keep_or_end).flatten()
}

/// The exit code that tells our caller how the worker ended, as a shell does.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    // Windows has codes of 32 bits. One that does not fit is a failure, and stays one.
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

/// Says something on stderr. Unlike `eprintln!`, it does not panic when nobody listens there.
fn report(message: impl Display) {
    let _ = writeln!(io::stderr(), "relay: {message}");
}
