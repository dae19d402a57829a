//! One worker process: spawned on a CPU, written to, read line by line, ended.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls::{Dialect, Pending};
use crate::{cpu, Outcome};

/// A worker that still runs so long after the end of its stdin is killed, and the run fails.
const END: Duration = Duration::from_secs(10);

/// As much as a pipe holds, and as one read can bring.
const CHUNK: usize = 65_536;

#[derive(Clone, Copy)]
pub enum Place {
    /// Driver and worker on one CPU.
    Shared,
    /// Each on its own, if there are two.
    Apart,
}

pub struct Worker {
    child: Child,
    pub stdin: ChildStdin,
    pub stdout: Lines,
}

pub struct Lines {
    source: BufReader<ChildStdout>,
    line: Vec<u8>,
}

impl Worker {
    /// Starts a worker. `cpus` are those that the driver had at its own start.
    pub fn spawn(command: &[String], place: Place, cpus: &[usize]) -> Outcome<Self> {
        // A process inherits its CPUs, and its threads inherit them from it. So the driver takes
        // the worker's place to spawn it, and then its own.
        if let Some(&last) = cpus.last() {
            cpu::pin(last);
        }
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            // As every host does; a worker then watches us, which is part of what it costs.
            .env("RPC_WORKER_HOST_PID", std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", command[0]))?;
        if let (Place::Apart, Some(&first)) = (place, cpus.first()) {
            cpu::pin(first);
        }
        let stdin = child.stdin.take().expect("stdin was piped");
        let stdout = child.stdout.take().expect("stdout was piped");
        let stdout = Lines {
            source: BufReader::with_capacity(CHUNK, stdout),
            line: Vec::new(),
        };
        Ok(Self {
            child,
            stdin,
            stdout,
        })
    }

    /// Writes one or more whole lines.
    pub fn write(&mut self, lines: &[u8]) -> Outcome<()> {
        Ok(self.stdin.write_all(lines)?)
    }

    /// A line of `/proc/PID/status`, in MiB: `VmHWM`, the peak of what was resident, or `VmRSS`.
    pub fn memory(&self, name: &str) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024.0)
    }

    /// Ends the worker as a host does, by the end of its stdin.
    pub fn end(mut self) -> Outcome<()> {
        drop(self.stdin);
        let since = Instant::now();
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return self.stdout.expect_no_answer(),
                Some(status) => return Err(format!("the worker ended with {status}").into()),
                None if since.elapsed() < END => thread::sleep(Duration::from_millis(1)),
                None => {
                    self.child.kill()?;
                    self.child.wait()?;
                    return Err(format!("the worker ran on for {END:?} without stdin").into());
                }
            }
        }
    }
}

impl Lines {
    /// Waits for the next line and returns it with its newline.
    pub fn next(&mut self) -> Outcome<&[u8]> {
        self.line.clear();
        self.source.read_until(b'\n', &mut self.line)?;
        if self.line.last() != Some(&b'\n') {
            return Err("the worker closed its stdout while calls were in flight".into());
        }
        Ok(&self.line)
    }

    /// Reads what is left of an ended worker's output: it was asked nothing more.
    fn expect_no_answer(mut self) -> Outcome<()> {
        self.line.clear();
        while self.source.read_until(b'\n', &mut self.line)? > 0 {
            Pending::new(0..0, Dialect::JsonRpc).settle(&self.line)?; // Lets notifications pass, and nothing else.
            self.line.clear();
        }
        Ok(())
    }

    /// Whether the next line is here already, so that `next` would not wait.
    pub fn has_next(&self) -> bool {
        self.source.buffer().contains(&b'\n')
    }
}
