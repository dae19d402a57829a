//! The last lines of a worker's stderr: what a crash is explained with.

use std::collections::VecDeque;
use std::fmt;

const LINES: usize = 30;
const LINE: usize = 1000;

#[derive(Default)]
pub struct LastLines(VecDeque<String>);

impl LastLines {
    pub fn add(&mut self, text: &str) {
        for line in text.lines() {
            if self.0.len() == LINES {
                self.0.pop_front();
            }
            let mut kept: String = line.chars().take(LINE).collect();
            if kept.len() < line.len() {
                kept.push('…');
            }
            self.0.push_back(kept);
        }
    }
}

impl fmt::Display for LastLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{LastLines, LINES};

    #[test]
    fn keeps_the_last_and_of_each_the_first() {
        let mut last_lines = LastLines::default();
        for number in 0..100 {
            last_lines.add(&format!("{number}\n"));
        }
        last_lines.add(&"ä".repeat(5000));
        let text = last_lines.to_string();
        assert_eq!(text.lines().count(), LINES);
        assert_eq!(text.lines().next(), Some("71"));
        assert_eq!(
            text.lines().last().map(|line| line.chars().count()),
            Some(1001)
        );
    }
}
