//! One worker's life, from its start to its end, and again.
//!
//! Nobody blocks on it but who asks for its start or its end, and nobody holds a lock meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::attachment::{Place, Sink};
use crate::child::{Child, Pipes, Waiter};
use crate::error::{Error, ErrorKind, Result};
use crate::input::Input;
use crate::launch::Launch;
use crate::life::{Life, Running};
use crate::relay::Relay;
use crate::run;
use crate::status::{Exit, State, Status};

/// How long a process may still be there once it was killed.
const KILLED: Duration = Duration::from_secs(5);

/// What finds out how to start it, at each start anew.
pub type Find = Box<dyn Fn() -> Result<Launch> + Send + Sync>;

/// A worker by its name, whether or not it runs.
pub struct Worker {
    grace: Duration,
    find: Find,
    relay: Relay,
    life: Mutex<Life>,
    /// The state has changed.
    changed: Condvar,
}

impl Worker {
    pub fn new(name: &str, grace: Duration, find: Find) -> Self {
        Self {
            grace,
            find,
            relay: Relay::new(),
            life: Mutex::new(Life::new(name)),
            changed: Condvar::new(),
        }
    }

    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }

    pub(crate) fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Starts it unless it runs. Blocks until there is a process, or cannot be one.
    pub fn start(self: &Arc<Self>) -> Result<Status> {
        let mut life = self.lock();
        loop {
            match life.status.state {
                State::Running => return Ok(life.status.clone()),
                State::Starting if life.running.is_some() => return Ok(life.status.clone()),
                State::Starting | State::Stopping => life = self.wait(life),
                State::Stopped | State::Exited => break,
            }
        }
        if life.closed {
            return Err(life.not_running("the app is leaving"));
        }
        life.starts += 1;
        self.change(&mut life, State::Starting, None, None);
        drop(life);
        let started = self.spawn();
        let mut life = self.lock();
        match started {
            Ok((
                child,
                waiter,
                Pipes {
                    stdin,
                    stdout,
                    stderr,
                },
            )) => {
                let child = Arc::new(child);
                life.running = Some(Running {
                    child: Arc::clone(&child),
                    input: Input::new(stdin),
                });
                self.change(&mut life, State::Starting, Some(child.pid), None);
                // Its threads wait for our lock.
                run::watch(self, child, waiter, stdout, stderr);
                Ok(life.status.clone())
            }
            Err(error) => {
                let exit = Exit {
                    error: Some(error.message.clone()),
                    ..Exit::default()
                };
                self.change(&mut life, State::Exited, None, Some(exit));
                Err(error)
            }
        }
    }

    fn spawn(&self) -> Result<(Child, Waiter, Pipes)> {
        let launch = (self.find)()?;
        Child::spawn(&launch).map_err(|error| {
            let why = format!("{}: {error}", launch.program.display());
            Error::not_started(&self.status().worker, why)
        })
    }

    /// Ends it: its stdin first, and when the grace is over, all its processes. Blocks until they are
    /// gone. None is the grace that was declared.
    pub fn stop(&self, grace: Option<Duration>) -> Result<Status> {
        let grace = grace.unwrap_or(self.grace);
        let mut life = self.lock();
        let child = loop {
            match (&life.running, life.status.state) {
                (Some(running), _) => break Arc::clone(&running.child),
                (None, State::Starting) => life = self.wait(life),
                (None, _) => return Ok(life.status.clone()),
            }
        };
        let start = life.starts;
        if life.status.state != State::Stopping {
            let pid = life.status.pid;
            self.change(&mut life, State::Stopping, pid, None);
        }
        if let Some(running) = &life.running {
            running.input.close();
        }
        life = self.wait_for_end(life, start, grace);
        if !life.has_ended(start) {
            drop(life);
            child.kill();
            life = self.wait_for_end(self.lock(), start, KILLED);
        }
        if !life.has_ended(start) {
            let Status { worker, pid, .. } = &life.status;
            let pid = pid.unwrap_or_default();
            let message = format!("the worker {worker:?}, process {pid}, was killed and is still there after {} s: the system holds it", KILLED.as_secs());
            return Err(Error::new(ErrorKind::NotEnded, message));
        }
        Ok(life.status.clone())
    }

    /// Ends it for good, at the app's end.
    pub fn close(&self) {
        self.lock().closed = true;
        // Nobody is there to read: a window that is behind must not hold up the last output.
        self.relay.leave(|_| true);
        if let Err(error) = self.stop(None) {
            eprintln!("tauri-plugin-rpc-worker: {error}");
        }
    }

    /// Attaches a session and starts the worker, so that nothing of what it says is missed.
    pub fn attach(self: &Arc<Self>, session: &str, place: &Place, sink: Sink) -> Result<Status> {
        self.relay.attach(session, place.clone(), sink)?;
        self.start().inspect_err(|_| {
            self.relay.detach(session, place);
        })
    }

    /// Lets a session go, and tells the worker.
    pub fn detach(&self, session: &str, place: &Place) {
        if self.relay.detach(session, place) {
            self.end_sessions(&[session.to_owned()]);
        }
    }

    /// Lets the sessions go that were attached from there, and tells the worker. Never blocks.
    pub fn leave(&self, from: impl Fn(&Place) -> bool) {
        let gone = self.relay.leave(from);
        self.end_sessions(&gone);
    }

    pub fn credit(&self, session: &str, place: &Place, received: u64) -> Result<()> {
        self.relay.credit(session, place, received)
    }

    /// Refuses a session that this page has not attached, or not any more.
    pub fn check_attached(&self, session: &str, place: &Place) -> Result<()> {
        self.relay.check_attached(session, place)
    }

    /// Writes whole lines to its stdin, as one piece, as soon as there is room.
    pub async fn write(&self, mut text: Vec<u8>) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        let input = {
            let life = self.lock();
            let running = life.running.as_ref();
            running
                .map(|running| running.input.clone())
                .ok_or_else(|| {
                    let how = life.status.exit.as_ref().map(Exit::describe);
                    life.not_running(&how.unwrap_or_else(|| "it was not started".into()))
                })?
        };
        let written = input.write(text).await;
        written.map_err(|_| self.lock().not_running("it does not read any more"))
    }

    /// Tells the worker that these sessions have ended.
    pub(crate) fn end_sessions(&self, sessions: &[String]) {
        self.lock().end_sessions(sessions);
    }

    /// It has written its first line.
    pub(crate) fn spoke(&self) {
        let mut life = self.lock();
        if life.status.state == State::Starting {
            let pid = life.status.pid;
            self.change(&mut life, State::Running, pid, None);
        }
    }

    /// Its process has ended, and all has been relayed that it wrote.
    pub(crate) fn ended(&self, exit: Exit) {
        let mut life = self.lock();
        if let Some(running) = life.running.take() {
            running.input.close();
        }
        let asked = life.status.state == State::Stopping;
        let state = if asked { State::Stopped } else { State::Exited };
        self.change(&mut life, state, None, Some(exit));
    }

    fn change(&self, life: &mut Life, state: State, pid: Option<u32>, exit: Option<Exit>) {
        life.change(&self.relay, state, pid, exit);
        self.changed.notify_all();
    }

    fn wait<'a>(&self, life: MutexGuard<'a, Life>) -> MutexGuard<'a, Life> {
        self.changed
            .wait(life)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_end<'a>(
        &self,
        life: MutexGuard<'a, Life>,
        start: u64,
        patience: Duration,
    ) -> MutexGuard<'a, Life> {
        let until = Instant::now() + patience;
        let mut life = life;
        while !life.has_ended(start) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(life, left);
            life = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        life
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc::{channel, Receiver};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use serde_json::Value;
    use tauri::async_runtime::block_on;
    use tauri::ipc::{Channel, InvokeResponseBody};

    use super::Worker;
    use crate::attachment::Place;
    use crate::error::ErrorKind;
    use crate::launch::Launch;
    use crate::status::{State, Status};

    const LONG: Duration = Duration::from_secs(60);

    /// Says that it is ready, then echoes line by line; ends with its stdin.
    const ECHO: &str = "import sys\nprint('ready', flush=True)\nfor line in sys.stdin: print(line, end='', flush=True)";

    /// Never ends by itself, and does not read.
    const HANGS: &str = "import signal, time\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nprint('ready', flush=True)\nwhile True: time.sleep(600)";

    fn worker(script: &str, grace: Duration) -> Arc<Worker> {
        let launch = Launch {
            program: "python3".into(),
            args: vec!["-c".into(), script.into()],
            ..Launch::default()
        };
        Arc::new(Worker::new(
            "backend",
            grace,
            Box::new(move || Ok(launch.clone())),
        ))
    }

    fn place(label: &str) -> Place {
        Place {
            window: label.to_owned(),
            webview: label.to_owned(),
        }
    }

    /// A page: what it is told, as JavaScript sees it.
    struct Page(Receiver<Value>);

    impl Page {
        fn attach(worker: &Arc<Worker>, session: &str, label: &str) -> Self {
            let (sender, told) = channel();
            let sink = Channel::new(move |body| {
                let value = match body {
                    InvokeResponseBody::Json(json) => serde_json::from_str(&json)?,
                    InvokeResponseBody::Raw(bytes) => String::from_utf8_lossy(&bytes).into(),
                };
                let _ = sender.send(value);
                Ok(())
            });
            worker
                .attach(session, &place(label), sink)
                .expect("it can be started");
            Self(told)
        }

        /// What comes until some text is in it; at least a minute is no answer.
        fn until(&self, text: &str) -> Vec<Value> {
            let mut all = Vec::new();
            loop {
                let patience = Duration::from_secs(60);
                let value = self
                    .0
                    .recv_timeout(patience)
                    .unwrap_or_else(|_| panic!("no {text} in {all:?}"));
                let found = value.to_string().contains(text);
                all.push(value);
                if found {
                    return all;
                }
            }
        }
    }

    fn states(messages: &[Value]) -> Vec<&str> {
        let states = messages.iter().filter(|message| message["type"] == "state");
        states
            .filter_map(|message| message["state"].as_str())
            .collect()
    }

    fn until(worker: &Worker, state: State) -> Status {
        loop {
            let life = worker.lock();
            if life.status.state == state {
                return life.status.clone();
            }
            drop(worker.wait(life));
        }
    }

    #[test]
    fn lives() {
        let worker = worker(ECHO, LONG);
        assert_eq!(worker.status().state, State::Stopped);
        let page = Page::attach(&worker, "S", "main");
        let started = worker.start().expect("it runs already");
        assert!(started.pid.is_some());
        let told = page.until("ready");
        assert_eq!(states(&told), ["starting", "starting", "running"]);
        block_on(worker.write(b"one\ntwo".to_vec())).expect("it reads");
        page.until("two\\n");
        let stopped = worker.stop(None).expect("it ends");
        assert_eq!((stopped.state, stopped.pid), (State::Stopped, None));
        assert_eq!(stopped.exit.as_ref().and_then(|exit| exit.code), Some(0));
        let told = page.until("\"stopped\"");
        assert_eq!(states(&told), ["stopping", "stopped"]);
        assert_eq!(worker.stop(None), Ok(stopped));
    }

    #[test]
    fn every_line_comes_before_the_end_is_told() {
        let script = "import sys\nfor n in range(100_000): print(n)\nprint('x' * 3_000_000)\nprint('the last words', file=sys.stderr)\nsys.stderr.write('no newline')\nsys.exit(7)";
        let worker = worker(script, LONG);
        let page = Page::attach(&worker, "S", "main");
        let told = page.until("\"exited\"");
        let lines: String = told.iter().filter_map(Value::as_str).collect();
        assert_eq!(lines.lines().count(), 100_001);
        assert_eq!(lines.lines().last().map(str::len), Some(3_000_000));
        let exit = &told[told.len() - 1]["exit"];
        assert_eq!(exit["code"], 7);
        assert_eq!(exit["signal"], Value::Null);
        assert_eq!(exit["stderr"], "the last words\nno newline\n");
        let errors: String = told
            .iter()
            .filter_map(|message| message["text"].as_str())
            .collect();
        assert_eq!(errors, "the last words\nno newline\n");
    }

    #[test]
    fn a_grace_ends_in_a_kill() {
        let worker = worker(HANGS, Duration::from_millis(10));
        let page = Page::attach(&worker, "S", "main");
        page.until("ready");
        let stopped = worker.stop(None).expect("it is killed");
        assert_eq!(stopped.state, State::Stopped);
        assert_eq!(
            stopped.exit.and_then(|exit| exit.signal).as_deref(),
            Some("SIGKILL")
        );
    }

    #[test]
    fn a_shorter_grace_ends_a_longer_one() {
        let worker = worker(HANGS, LONG);
        Page::attach(&worker, "S", "main").until("ready");
        std::thread::scope(|scope| {
            let patient = scope.spawn(|| worker.stop(None));
            until(&worker, State::Stopping);
            worker.stop(Some(Duration::ZERO)).expect("it is killed");
            assert_eq!(
                patient.join().expect("it waits").map(|status| status.state),
                Ok(State::Stopped)
            );
        });
    }

    #[test]
    fn who_is_killed_from_outside_has_exited_and_can_start_again() {
        let worker = worker(ECHO, LONG);
        let page = Page::attach(&worker, "S", "main");
        page.until("ready");
        let pid = worker.status().pid.and_then(|pid| i32::try_from(pid).ok());
        let pid = rustix::process::Pid::from_raw(pid.expect("it runs")).expect("an id");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it runs");
        let told = page.until("\"exited\"");
        assert_eq!(told[told.len() - 1]["exit"]["signal"], "SIGKILL");
        let refused = block_on(worker.write(b"x".to_vec())).expect_err("it does not run");
        assert_eq!(refused.kind, ErrorKind::NotRunning);
        assert!(
            refused
                .message
                .contains("SIGKILL ended it; start or restart it"),
            "{refused}"
        );
        worker.start().expect("it starts again");
        page.until("ready");
        assert_eq!(worker.status().exit, None);
        worker.close();
    }

    #[test]
    fn a_start_that_fails_says_why_to_all() {
        let launch = Launch {
            program: "/nowhere/python".into(),
            ..Launch::default()
        };
        let worker = Arc::new(Worker::new(
            "backend",
            LONG,
            Box::new(move || Ok(launch.clone())),
        ));
        let error = worker.start().expect_err("there is no such program");
        assert_eq!(error.kind, ErrorKind::StartFailed);
        assert!(
            error
                .message
                .starts_with("the worker \"backend\" cannot be started: /nowhere/python: "),
            "{error}"
        );
        let status = worker.status();
        assert_eq!(status.state, State::Exited);
        assert_eq!(status.exit.and_then(|exit| exit.error), Some(error.message));
        let (sender, told) = channel();
        let sink = Channel::new(move |body| {
            let _ = sender.send(format!("{body:?}"));
            Ok(())
        });
        worker
            .attach("S", &place("main"), sink)
            .expect_err("it fails again");
        assert!(told
            .iter()
            .last()
            .expect("the page was told")
            .contains("/nowhere/python"));
    }

    #[test]
    fn leaving_ends_that_windows_sessions_only() {
        let worker = worker(ECHO, LONG);
        let (one, two) = (
            Page::attach(&worker, "A", "one"),
            Page::attach(&worker, "B", "two"),
        );
        let _three = Page::attach(&worker, "C", "one");
        one.until("ready");
        worker.leave(|place| place.window == "one");
        let end = |session: &str| {
            format!("{{\"jsonrpc\":\"2.0\",\"method\":\"$/endSession\",\"params\":{{\"session\":\"{session}\"}}}}\n")
        };
        let told = two.until("\\\"C\\\"");
        let echoed: String = told.iter().filter_map(Value::as_str).collect();
        assert!(echoed.ends_with(&(end("A") + &end("C"))), "{echoed}");
        worker.detach("B", &place("elsewhere"));
        worker.detach("B", &place("two"));
        assert!(two.0.recv().is_err(), "its channel is closed");
        worker.close();
    }

    #[test]
    fn a_worker_that_does_not_read_blocks_nobody() {
        let worker = worker(HANGS, Duration::ZERO);
        let page = Page::attach(&worker, "S", "main");
        page.until("ready");
        block_on(worker.write(vec![b'x'; 16 << 20])).expect("there is room");
        let waiting = Arc::clone(&worker);
        let waiting =
            tauri::async_runtime::spawn(async move { waiting.write(b"x".to_vec()).await });
        worker.leave(|_| true); // Writes, too.
        worker.stop(None).expect("it is killed");
        let refused = block_on(waiting).expect("it ends").expect_err("it is gone");
        assert_eq!(refused.kind, ErrorKind::NotRunning);
    }

    #[test]
    fn a_page_that_takes_nothing_is_let_go_and_the_others_go_on() {
        let script = "import sys\nline = 'x' * (1 << 20)\nfor n in range(100): print(line)\nprint('done', flush=True)\nfor line in sys.stdin: print(line, end='', flush=True)";
        let worker = worker(script, LONG);
        let stuck = Page::attach(&worker, "A", "one");
        let (sender, told) = channel();
        let (credited, begun) = (Arc::clone(&worker), Instant::now());
        let sink = Channel::new(move |body| {
            let text = match body {
                InvokeResponseBody::Json(json) => json,
                InvokeResponseBody::Raw(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            };
            let _ = sender.send(text.contains("endSession"));
            Ok(())
        });
        worker.attach("B", &place("two"), sink).expect("it runs");
        let mut count = 0;
        while !told
            .recv_timeout(Duration::from_secs(60))
            .expect("the other goes on")
        {
            count += 1;
            credited
                .credit("B", &place("two"), count)
                .expect("it is attached");
        }
        assert!(begun.elapsed() >= crate::relay::PATIENCE);
        let told = stuck.until("\"detached\"");
        let bytes: usize = told.iter().filter_map(Value::as_str).map(str::len).sum();
        assert!((64 << 20..70 << 20).contains(&bytes), "{bytes} bytes");
        worker.close();
    }

    #[test]
    fn what_is_closed_starts_no_more() {
        let worker = worker(ECHO, LONG);
        worker.start().expect("it starts");
        worker.close();
        assert_eq!(worker.status().state, State::Stopped);
        assert_eq!(
            worker.start().expect_err("the app is leaving").kind,
            ErrorKind::NotRunning
        );
    }
}
