//! Measures one worker that speaks JSON-RPC 2.0 on its stdin and stdout, a line a message; its calls
//! can be measured as a client of kkrpc makes them.
//!
//! ```text
//! bench-driver FIGURE [--method NAME] [--dialect jsonrpc|kkrpc0|kkrpc2] [--quick] -- WORKER [ARGUMENT...]
//! ```
//!
//! A driver in the worker's own language would share its speed and its pauses; this one takes far
//! less for a call than any worker does, so that what is measured is the worker. It prints the
//! figures as one JSON object. **Each answer is checked**, its id and its result; a wrong, missing
//! or doubled one ends the run with exit code 1.
//!
//! | FIGURE | what it gives |
//! |---|---|
//! | `calls` | `latency_us`, `latency_p99_us`: one call in flight. `rate_64`, `rate_1024`: calls a second with so many in flight |
//! | `flight` | `flight_us_1` … `flight_us_100000`: time for each call with so many in flight; `flight_peak_mb`: the worker's peak memory then |
//! | `echo` | `echo_mib_s`: a string of 16 MiB there and back, its size counted once |
//! | `stream` | `stream_items_s`: items of one stream, pulled by one `next` after the other |
//! | `start` | `start_ms`: from spawn to the first answer; `start_rss_mb`, `start_peak_mb`: memory then |
//!
//! For latency, driver and worker share a CPU: with one call in flight only one of them runs at a
//! time, and waking another CPU costs more, and varies more, than most workers take for a call. For
//! all else each has a CPU of its own, if there are two. Off Linux nothing is pinned, and memory is
//! not known (null).

mod calls;
mod cpu;
mod figures;
mod stream;
mod worker;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use calls::Dialect;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Names and values, in the order in which they are printed. None: not known on this system.
pub type Figures = Vec<(String, Option<f64>)>;

const USAGE: &str =
    "usage: bench-driver calls|flight|echo|start|stream [--method NAME] [--dialect jsonrpc|kkrpc0|kkrpc2] [--quick] -- WORKER [ARGUMENT...]";

pub struct Plan {
    pub method: String,
    /// What `calls` and `flight` are measured in.
    pub dialect: Dialect,
    pub command: Vec<String>,
    /// How long a figure is measured for.
    pub duration: Duration,
    /// How often what takes long is repeated: a start, an echo.
    pub repeats: usize,
}

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(figures) => {
            println!("{}", to_json(&figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench-driver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: Vec<String>) -> Outcome<Figures> {
    let dashes = arguments.iter().position(|argument| argument == "--");
    let command = arguments.split_off(dashes.ok_or(USAGE)?).split_off(1);
    let mut arguments = arguments.into_iter();
    let figure = arguments.next().ok_or(USAGE)?;
    let mut plan = Plan {
        method: "add".to_owned(),
        dialect: Dialect::JsonRpc,
        command,
        duration: Duration::from_millis(500),
        repeats: 7,
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--method" => plan.method = arguments.next().ok_or(USAGE)?,
            "--dialect" => {
                let name = arguments.next().ok_or(USAGE)?;
                plan.dialect = Dialect::named(&name).ok_or(USAGE)?;
            }
            "--quick" => (plan.duration, plan.repeats) = (Duration::from_millis(20), 1),
            _ => return Err(USAGE.into()),
        }
    }
    if plan.command.is_empty() {
        return Err(USAGE.into());
    }
    match figure.as_str() {
        "calls" => figures::calls(&plan),
        "flight" => figures::flight(&plan),
        "echo" => figures::echo(&plan),
        "start" => figures::start(&plan),
        "stream" => stream::stream(&plan),
        _ => Err(USAGE.into()),
    }
}

fn to_json(figures: &Figures) -> String {
    let members = figures.iter().map(|(name, value)| match value {
        Some(value) => format!("\"{name}\":{value:.3}"),
        None => format!("\"{name}\":null"),
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
