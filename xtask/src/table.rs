//! The demo's table: a row for each case, a column for each runtime, and what is wrong in it.

use std::fmt;

use crate::case::Case;
use crate::runtime::{Answer, Runtime};

/// The answers of the runtimes to the cases.
pub(crate) struct Table {
    cases: Vec<Case>,
    columns: Vec<(Runtime, Vec<Answer>)>,
}

impl Table {
    /// A table without columns.
    pub(crate) fn new(cases: Vec<Case>) -> Self {
        Table { cases, columns: Vec::new() }
    }

    /// The rows, in order.
    pub(crate) fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Adds a runtime's answers, one for each case.
    pub(crate) fn add(&mut self, runtime: Runtime, answers: Vec<Answer>) {
        self.columns.push((runtime, answers));
    }

    /// Each cell that is not as it must be.
    pub(crate) fn faults(&self) -> Vec<String> {
        let column = |(runtime, answers): &(Runtime, Vec<Answer>)| {
            let missing = answers.len() != self.cases.len();
            let count = missing.then(|| format!("{}: not an answer for each case", runtime.name()));
            let rows = self.cases.iter().zip(answers);
            let faults = rows.filter_map(|(case, answer)| fault(*runtime, case, answer));
            faults.chain(count).collect::<Vec<_>>()
        };
        self.columns.iter().flat_map(column).collect()
    }

    /// What the matched secrets say about the old one: where nothing is wrong, all columns agree.
    pub(crate) fn rotation(&self) -> String {
        let first = self.columns.iter().take(1);
        let matched: Vec<String> = first
            .flat_map(|(_, answers)| self.cases.iter().zip(answers))
            .filter(|(case, _)| !case.matched.is_empty())
            .map(|(_, answer)| answer.matched.join(" + "))
            .collect();
        format!(
            "Rotation: no message was lost. Secrets that signed, in order: {}.\n\
             The last needed no old secret: after the sender's retries have run out, it can go.",
            matched.join(", then ")
        )
    }
}

fn fault(runtime: Runtime, case: &Case, answer: &Answer) -> Option<String> {
    let native = runtime == Runtime::Native;
    let expect = if native && case.repeat { "–" } else { case.expect };
    let place = format!("{}, {}", runtime.name(), case.name);
    if answer.outcome != expect {
        return Some(format!("{place}: expected {expect}, got {}", answer.outcome));
    }
    let matched = case.matched.is_empty() || answer.matched == case.matched;
    (!matched).then(|| format!("{place}: expected {:?}, got {:?}", case.matched, answer.matched))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.columns.iter().map(|(runtime, _)| runtime.name());
        write!(f, "{}", line("", "answer", names))?;
        for (row, case) in self.cases.iter().enumerate() {
            let cells = self.columns.iter().map(|(runtime, answers)| {
                answers.get(row).map_or("", |answer| cell(*runtime, case, answer))
            });
            write!(f, "\n{}", line(case.name, case.expect, cells))?;
        }
        write!(f, "\n✓ gave this answer   – keeps no store, and cannot tell a repeat")
    }
}

/// A mark where the answer is as it must be, else the answer itself.
fn cell<'a>(runtime: Runtime, case: &Case, answer: &'a Answer) -> &'a str {
    let right = fault(runtime, case, answer).is_none() && answer.outcome == case.expect;
    if right { "✓" } else { &answer.outcome }
}

fn line<'a>(name: &str, answer: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let cells: String = cells.map(|cell| format!("  {cell:<8}")).collect();
    format!("{name:<36}  {answer:<18}{cells}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Answer, Runtime, Table};
    use crate::case::Case;
    use crate::sealed::Sealed;

    fn case(expect: &'static str, matched: &'static [&'static str]) -> Case {
        Case {
            name: "a case",
            expect,
            matched,
            repeat: expect == "duplicate",
            secrets: Vec::new(),
            encryption_key: String::new(),
            message: Sealed { headers: serde_json::Map::new(), body_base64: String::new() },
        }
    }

    fn faults(case: Case, runtime: Runtime, outcome: &str, matched: &[&str]) -> Vec<String> {
        let mut table = Table::new(vec![case]);
        let matched = matched.iter().map(|id| (*id).to_owned()).collect();
        table.add(runtime, vec![Answer { outcome: outcome.to_owned(), matched }]);
        table.faults()
    }

    #[test]
    fn a_wrong_cell_is_told_with_what_was_expected() {
        let wrong = faults(case("unknown_key", &[]), Runtime::Node, "ok", &[]);
        assert_eq!(wrong, ["Node, a case: expected unknown_key, got ok"]);
        assert!(faults(case("ok", &[]), Runtime::Node, "ok", &[]).is_empty());
    }

    #[test]
    fn a_cell_shows_the_answer_where_it_is_wrong() {
        for (outcome, shown) in [("unknown_key", "✓"), ("ok", "ok")] {
            let mut table = Table::new(vec![case("unknown_key", &[])]);
            let answer = Answer { outcome: outcome.to_owned(), matched: Vec::new() };
            table.add(Runtime::Node, vec![answer]);
            let text = table.to_string();
            let row = text.lines().nth(1).unwrap_or_default();
            assert_eq!(row.split_whitespace().last(), Some(shown), "{text}");
        }
    }

    #[test]
    fn a_wrong_secret_is_told_of_every_runtime() {
        for runtime in Runtime::ALL {
            assert_eq!(faults(case("ok", &["new"]), runtime, "ok", &["old"]).len(), 1);
            assert_eq!(faults(case("ok", &["new"]), runtime, "ok", &[]).len(), 1);
            assert!(faults(case("ok", &["new"]), runtime, "ok", &["new"]).is_empty());
        }
    }

    #[test]
    fn only_the_program_may_leave_a_repeat_open() {
        assert!(faults(case("duplicate", &[]), Runtime::Native, "–", &[]).is_empty());
        assert_eq!(faults(case("duplicate", &[]), Runtime::Node, "–", &[]).len(), 1);
    }

    #[test]
    fn an_answer_that_is_not_there_is_a_fault() {
        let mut table = Table::new(vec![case("ok", &[])]);
        table.add(Runtime::Node, Vec::new());
        assert_eq!(table.faults().len(), 1);
    }
}
