//! The measurements themselves.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::calls::{wrong, Dialect, Pending, Requests};
use crate::worker::{Lines, Place, Worker};
use crate::{cpu, Figures, Outcome, Plan};

const MIB: usize = 1024 * 1024;
const ECHO: usize = 16 * MIB;

/// Up to so many calls in flight, all their answers fit into a pipe (64 KiB on Linux), so a worker
/// never waits for us to read and we can write without a thread of its own.
const FITS_A_PIPE: usize = 1024;

/// One call in flight, then 64, then 1,024.
pub fn calls(plan: &Plan) -> Outcome<Figures> {
    let cpus = cpu::allowed();
    let requests = Requests::new(&plan.method, plan.dialect);

    let mut worker = Worker::spawn(&plan.command, Place::Shared, &cpus)?;
    one_by_one(&mut worker, &requests, plan.duration / 4)?;
    let mut latencies = one_by_one(&mut worker, &requests, plan.duration)?;
    worker.end()?;
    latencies.sort_unstable();
    let mut figures = vec![
        figure("latency_us", micros(latencies[latencies.len() / 2])),
        figure(
            "latency_p99_us",
            micros(latencies[latencies.len() * 99 / 100]),
        ),
    ];

    let mut worker = Worker::spawn(&plan.command, Place::Apart, &cpus)?;
    for window in [64, 1024] {
        // The first ones warm up and tell how many fill the time.
        let trial = window * 4;
        let a_call = windowed(&mut worker, &requests, window, trial)?.as_secs_f64() / trial as f64;
        let total = whole(plan.duration.as_secs_f64() / a_call).max(trial);
        let took = windowed(&mut worker, &requests, window, total)?;
        let rate = total as f64 / took.as_secs_f64();
        figures.push(figure(&format!("rate_{window}"), rate));
    }
    worker.end()?;
    Ok(figures)
}

/// What a call takes with 1 … 100,000 in flight. It should not rise.
pub fn flight(plan: &Plan) -> Outcome<Figures> {
    let requests = Requests::new(&plan.method, plan.dialect);
    let mut worker = Worker::spawn(&plan.command, Place::Apart, &cpu::allowed())?;
    windowed(&mut worker, &requests, FITS_A_PIPE, FITS_A_PIPE * 4)?;
    let mut figures = Figures::new();
    for window in [1, 10, 100, 1_000, 10_000, 100_000] {
        let total = (window * 2).max(10_000);
        let took = windowed(&mut worker, &requests, window, total)?;
        let name = format!("flight_us_{window}");
        figures.push(figure(&name, micros(took) / total as f64));
    }
    figures.push(("flight_peak_mb".to_owned(), worker.memory("VmHWM")));
    worker.end()?;
    Ok(figures)
}

/// A long string, there and back.
pub fn echo(plan: &Plan) -> Outcome<Figures> {
    let text: Vec<u8> = (b'a'..=b'z').cycle().take(ECHO).collect();
    let mut request = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[\"".to_vec();
    request.extend_from_slice(&text);
    request.extend_from_slice(b"\"]}\n");

    let mut worker = Worker::spawn(&plan.command, Place::Apart, &cpu::allowed())?;
    first_answer(&mut worker)?;
    let mut times = Vec::new();
    for _ in 0..=plan.repeats {
        let since = Instant::now();
        // The worker reads all of it before it answers: no need to read meanwhile.
        worker.write(&request)?;
        let answer = worker.stdout.next()?;
        times.push(since.elapsed());
        let result = answer.iter().position(|&byte| byte == b'a');
        if !result.is_some_and(|at| answer[at..].starts_with(&text)) {
            return Err(wrong("an echo that differs", answer));
        }
    }
    worker.end()?;
    let took = median(times.split_off(1)); // The first one made the buffers grow.
    let rate = (ECHO / MIB) as f64 / took.as_secs_f64();
    Ok(vec![figure("echo_mib_s", rate)])
}

/// From spawn to the first answer. The request is written at once and waits in the pipe, as the
/// first calls of an app do.
pub fn start(plan: &Plan) -> Outcome<Figures> {
    let cpus = cpu::allowed();
    let (mut times, mut resident, mut peak) = (Vec::new(), None, None);
    for _ in 0..plan.repeats {
        let since = Instant::now();
        let mut worker = Worker::spawn(&plan.command, Place::Apart, &cpus)?;
        first_answer(&mut worker)?;
        times.push(since.elapsed());
        (resident, peak) = (worker.memory("VmRSS"), worker.memory("VmHWM"));
        worker.end()?;
    }
    Ok(vec![
        figure("start_ms", micros(median(times)) / 1000.0),
        ("start_rss_mb".to_owned(), resident),
        ("start_peak_mb".to_owned(), peak),
    ])
}

fn first_answer(worker: &mut Worker) -> Outcome<()> {
    let requests = Requests::new("add", Dialect::JsonRpc);
    worker.write(&requests.range(0..1))?;
    next_answer(&mut worker.stdout, &mut requests.pending(0..1))
}

/// Calls one after the other for a while; returns what each took.
fn one_by_one(
    worker: &mut Worker,
    requests: &Requests,
    duration: Duration,
) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    let since = Instant::now();
    while times.is_empty() || since.elapsed() < duration {
        let number = times.len();
        let request = requests.range(number..number + 1);
        let mut pending = requests.pending(number..number + 1);
        let called = Instant::now();
        worker.write(&request)?;
        next_answer(&mut worker.stdout, &mut pending)?;
        times.push(called.elapsed());
    }
    Ok(times)
}

/// Makes `total` calls with `window` of them in flight, as long as there are so many left; returns
/// what they took together. The requests that replace the answered ones of one read are one write.
fn windowed(
    worker: &mut Worker,
    requests: &Requests,
    window: usize,
    total: usize,
) -> Outcome<Duration> {
    let (stdin, stdout) = (&mut worker.stdin, &mut worker.stdout);
    if window <= FITS_A_PIPE {
        return keep_in_flight(&mut Outbox::Direct(stdin), stdout, requests, window, total);
    }
    thread::scope(|scope| {
        let (queue, queued) = mpsc::channel::<Vec<u8>>();
        scope.spawn(move || {
            for lines in queued {
                if stdin.write_all(&lines).is_err() {
                    return; // The reader sees the worker's end and tells of it.
                }
            }
        });
        keep_in_flight(&mut Outbox::Queued(queue), stdout, requests, window, total)
    })
}

enum Outbox<'worker> {
    Direct(&'worker mut ChildStdin),
    Queued(Sender<Vec<u8>>),
}

impl Outbox<'_> {
    fn write(&mut self, lines: Vec<u8>) -> Outcome<()> {
        match self {
            Self::Direct(stdin) => stdin.write_all(&lines)?,
            Self::Queued(queue) => queue.send(lines)?,
        }
        Ok(())
    }
}

fn keep_in_flight(
    outbox: &mut Outbox,
    stdout: &mut Lines,
    requests: &Requests,
    window: usize,
    total: usize,
) -> Outcome<Duration> {
    let mut pending = requests.pending(0..total);
    let since = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < total {
        let due = (answered + window).min(total);
        if sent < due {
            outbox.write(requests.range(sent..due))?;
            sent = due;
        }
        next_answer(stdout, &mut pending)?;
        answered += 1;
        while stdout.has_next() && answered < total {
            next_answer(stdout, &mut pending)?;
            answered += 1;
        }
    }
    Ok(since.elapsed())
}

/// Waits for the next answer; notifications pass by.
fn next_answer(stdout: &mut Lines, pending: &mut Pending) -> Outcome<()> {
    while !pending.settle(stdout.next()?)? {}
    Ok(())
}

fn figure(name: &str, value: f64) -> (String, Option<f64>) {
    (name.to_owned(), Some(value))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Positive, and below 10^9.
fn whole(count: f64) -> usize {
    count as usize
}
