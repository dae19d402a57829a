//! A stream of integers, pulled by one `next` after the other. Item number `n` is `n`, so that a
//! lost, doubled or misplaced one is seen.

use std::time::Instant;

use crate::calls::wrong;
use crate::worker::{Place, Worker};
use crate::{cpu, Figures, Outcome, Plan};

/// Items of one stream. The first few thousand come in small batches: the window grows.
const ITEMS: u64 = 200_000;

/// How many items a second come through one stream.
pub fn stream(plan: &Plan) -> Outcome<Figures> {
    let items = if plan.repeats > 1 { ITEMS } else { 2_000 };
    let mut worker = Worker::spawn(&plan.command, Place::Apart, &cpu::allowed())?;
    let mut rates = Vec::new();
    for _ in 0..plan.repeats {
        let since = Instant::now();
        pull(&mut worker, &plan.method, items)?;
        rates.push(items as f64 / since.elapsed().as_secs_f64());
    }
    worker.end()?;
    rates.sort_unstable_by(f64::total_cmp);
    Ok(vec![(
        "stream_items_s".to_owned(),
        Some(rates[rates.len() / 2]),
    )])
}

fn pull(worker: &mut Worker, method: &str, items: u64) -> Outcome<()> {
    let mut due = 0;
    let call =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":[{items}]}}\n");
    worker.write(call.as_bytes())?;
    let token = {
        let line = answer(worker)?;
        take(&line, &mut due)?;
        between(&line, "\"token\":", ",}")
            .ok_or_else(|| wrong("no stream with a token", line.as_bytes()))?
            .to_owned()
    };
    let next = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"$/enumerator/next\",\"params\":{{\"token\":{token}}}}}\n"
    );
    loop {
        worker.write(next.as_bytes())?;
        let line = answer(worker)?;
        take(&line, &mut due)?;
        if line.contains("\"finished\":true") {
            break;
        }
    }
    if due == items {
        Ok(())
    } else {
        Err(format!("a stream of {due} items, of {items}").into())
    }
}

/// The next answer; notifications pass by.
fn answer(worker: &mut Worker) -> Outcome<String> {
    loop {
        let line = String::from_utf8(worker.stdout.next()?.to_vec())?;
        if line.contains("\"id\":") {
            return Ok(line);
        }
    }
}

/// Checks the values of an answer, and counts them.
fn take(line: &str, due: &mut u64) -> Outcome<()> {
    let Some(values) = between(line, "\"values\":[", "]") else {
        return if line.contains("\"result\":{") {
            Ok(())
        } else {
            Err(wrong("no stream", line.as_bytes()))
        };
    };
    for value in values.split(',').filter(|value| !value.is_empty()) {
        if value.parse() != Ok(*due) {
            return Err(wrong("an item that is not the next one", value.as_bytes()));
        }
        *due += 1;
    }
    Ok(())
}

/// What stands behind some text, up to any of the ends.
fn between<'line>(line: &'line str, start: &str, ends: &str) -> Option<&'line str> {
    let rest = &line[line.find(start)? + start.len()..];
    Some(&rest[..rest.find(|character| ends.contains(character))?])
}
