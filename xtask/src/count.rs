//! How many tests of a group passed and failed, read from what the group's program prints.

use std::process::Command;

use anyhow::Result;

use crate::tool;

/// The result of a group: its counts, and what is shown of it.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    skipped: bool,
    /// Shown in full: the output of what failed, or why it was skipped.
    pub(crate) report: String,
}

impl Count {
    /// One check that passed.
    pub(crate) fn success() -> Self {
        Count { passed: 1, ..Count::default() }
    }

    /// One check that failed, and why.
    pub(crate) fn failure(report: String) -> Self {
        Count { failed: 1, report, ..Count::default() }
    }

    /// A group that could not run, and how to make it run.
    pub(crate) fn skipped(why: &str) -> Self {
        Count { skipped: true, report: format!("    skipped: {why}"), ..Count::default() }
    }

    /// A program that is one check: it passes or fails as a whole.
    pub(crate) fn of(command: &mut Command) -> Result<Self> {
        Ok(match tool::run(command) {
            Ok(_) => Count::success(),
            Err(error) => Count::failure(error.to_string()),
        })
    }

    /// A program whose last line is `N passed, N failed`; its lines `skipped: …` are shown.
    pub(crate) fn of_closing_line(command: &mut Command) -> Result<Self> {
        let output = tool::output(command)?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let counted = stdout.trim_end().lines().last().and_then(closing_line);
        let report = tool::printed(&output);
        let count = judged(counted, output.status.success(), report);
        Ok(if count.failed == 0 { Count { report: skipped(&stdout), ..count } } else { count })
    }

    /// `cargo test`, which counts for each of its binaries.
    pub(crate) fn of_cargo_test(command: &mut Command) -> Result<Self> {
        let output = tool::output(command)?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let counted = stdout.lines().filter_map(test_result).reduce(sum);
        let report = tool::printed(&output);
        Ok(judged(counted, output.status.success(), report))
    }

    /// Adds another group's counts, and its report.
    pub(crate) fn add(&mut self, other: &Count) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        if !other.report.is_empty() {
            self.report = format!("{}\n{}", self.report, other.report).trim().to_owned();
        }
    }

    /// The counts in a few words.
    pub(crate) fn summary(&self) -> String {
        match (self.skipped, self.failed) {
            (true, _) => "SKIPPED".to_owned(),
            (false, 0) => format!("{} passed", self.passed),
            (false, failed) => format!("{} passed, {failed} FAILED", self.passed),
        }
    }
}

/// A program that failed without counting a failure, or that counted nothing, is one failure.
fn judged(counted: Option<(u32, u32)>, success: bool, report: String) -> Count {
    let (passed, failed) = counted.unwrap_or((0, 0));
    match (success && passed > 0, failed) {
        (true, 0) => Count { passed, ..Count::default() },
        (false, 0) => Count { passed, failed: 1, report, ..Count::default() },
        (_, failed) => Count { passed, failed, report, ..Count::default() },
    }
}

/// What a program left out, and why.
fn skipped(stdout: &str) -> String {
    let lines = stdout.lines().filter(|line| line.starts_with("skipped: "));
    lines.map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn sum(one: (u32, u32), other: (u32, u32)) -> (u32, u32) {
    (one.0.saturating_add(other.0), one.1.saturating_add(other.1))
}

/// `3 passed, 1 failed`, alone on its line.
fn closing_line(line: &str) -> Option<(u32, u32)> {
    let (passed, failed) = line.split_once(" passed, ")?;
    Some((passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

/// `test result: ok. 3 passed; 1 failed; …`
fn test_result(line: &str) -> Option<(u32, u32)> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = counts.split("; ");
    let passed = counts.next()?.strip_suffix(" passed")?.parse().ok()?;
    Some((passed, counts.next()?.strip_suffix(" failed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{closing_line, judged, skipped, test_result};

    #[test]
    fn a_closing_line_stands_alone() {
        assert_eq!(closing_line("12 passed, 3 failed"), Some((12, 3)));
        assert_eq!(closing_line("all: 12 passed, 3 failed"), None);
        assert_eq!(closing_line("12 passed, 3 failed, 1 skipped"), None);
    }

    #[test]
    fn cargo_counts_are_read() {
        let line = "test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(test_result(line), Some((7, 2)));
        assert_eq!(test_result("test vectors::all ... ok"), None);
    }

    #[test]
    fn what_was_left_out_is_shown() {
        assert_eq!(skipped("  a: 1 passed\nskipped: b: no c\n"), "    skipped: b: no c");
        assert_eq!(skipped("1 passed, 0 failed"), "");
    }

    #[test]
    fn nothing_counted_is_a_failure() {
        assert_eq!(judged(None, true, String::new()).failed, 1);
        assert_eq!(judged(Some((0, 0)), true, String::new()).failed, 1);
        assert_eq!(judged(Some((5, 0)), false, String::new()).failed, 1);
        assert_eq!(judged(Some((5, 2)), false, String::new()).failed, 2);
        assert_eq!(judged(Some((5, 0)), true, String::new()).failed, 0);
    }
}
