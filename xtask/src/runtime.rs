//! Where the demo seals and opens: the native program, the npm package in each of its runtimes, and
//! the WASI module.

use std::env;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::case::Case;
use crate::sealed::{PAYLOAD, Sealed, decode, text};
use crate::{program, tool, wasi, workspace};

/// A place where the core runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// The program `postseal`.
    Native,
    /// The npm package in Node.
    Node,
    /// The npm package in Deno.
    Deno,
    /// The npm package in Bun.
    Bun,
    /// The npm package in Cloudflare's runtime.
    Workerd,
    /// The npm package in a page, without a bundler.
    Chromium,
    /// The WASI module in wasmtime.
    Wasmtime,
}

/// How one case ended.
pub(crate) struct Answer {
    /// `ok`, a code, or `–` where the runtime cannot tell.
    pub(crate) outcome: String,
    /// The ids of the secrets that signed the message; none for what was not opened.
    pub(crate) matched: Vec<String>,
}

impl Runtime {
    /// Every runtime, in the order of the table.
    pub(crate) const ALL: [Runtime; 7] = [
        Runtime::Native,
        Runtime::Node,
        Runtime::Deno,
        Runtime::Bun,
        Runtime::Workerd,
        Runtime::Chromium,
        Runtime::Wasmtime,
    ];

    /// The head of its column, and the name of the row of its message.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Runtime::Native => ("native", "sealed by the command line"),
            Runtime::Node => ("Node", "sealed in Node"),
            Runtime::Deno => ("Deno", "sealed in Deno"),
            Runtime::Bun => ("Bun", "sealed in Bun"),
            Runtime::Workerd => ("workerd", "sealed in workerd"),
            Runtime::Chromium => ("Chromium", "sealed in Chromium"),
            Runtime::Wasmtime => ("wasmtime", "sealed in wasmtime"),
        }
    }

    /// The head of its column.
    pub(crate) fn name(self) -> &'static str {
        self.names().0
    }

    /// What has to be installed first, where it is missing. npm brings all the others.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let has_chromium = || match env::var_os("CHROMIUM") {
            Some(_) => true,
            None => env::var_os("PATH").is_some_and(|path| {
                env::split_paths(&path).any(|folder| folder.join("chromium").exists())
            }),
        };
        match self {
            Runtime::Chromium if !has_chromium() => Some(
                "Chromium is not installed, so its column is left out: install Debian's package \
                 `chromium`, or name the program in CHROMIUM.",
            ),
            Runtime::Wasmtime if !tool::has_python() => Some(
                "Python 3 with its venv module is not installed, so the column of wasmtime, which \
                 comes from\nPyPI, is left out: install Debian's packages `python3` and \
                 `python3-venv`.",
            ),
            _ => None,
        }
    }

    /// Encrypts and signs a message.
    pub(crate) fn seal(self, id: &str, secrets: &[Value], key: &str, now: u64) -> Result<Sealed> {
        let Some(mut program) = self.program() else { return seal_natively(id, secrets, key, now) };
        let options = json!({ "secrets": secrets, "encryptionKeys": [key] });
        let message = json!({ "id": id, "payload": PAYLOAD });
        let seal = json!({ "options": options, "message": message, "now": now });
        let sealed = ask(&mut program, &json!({ "seal": seal }))?;
        Sealed::parse(&sealed)
    }

    /// Opens each case's message.
    pub(crate) fn open_all(self, cases: &[Case]) -> Result<Vec<Answer>> {
        let Some(mut program) = self.program() else {
            return cases.iter().map(open_natively).collect();
        };
        let cases: Vec<Value> = cases.iter().map(Case::json).collect();
        let answers = ask(&mut program, &json!({ "open": cases }))?;
        let answers = answers.as_array().context("not a list of answers")?;
        Ok(answers.iter().map(Answer::parse).collect())
    }

    /// The program in tests/demo that reads a question and prints an answer.
    fn program(self) -> Option<Command> {
        let words = match self {
            Runtime::Native => return None,
            Runtime::Node => "node stdio.mjs",
            Runtime::Deno => {
                "node_modules/.bin/deno run --quiet --node-modules-dir=manual --cached-only \
                 --allow-read stdio.mjs"
            }
            Runtime::Bun => "node_modules/.bin/bun --no-install stdio.mjs",
            Runtime::Workerd => "node workerd.mjs",
            Runtime::Chromium => "node chromium.mjs",
            Runtime::Wasmtime => return Some(wasi::demo_host()),
        };
        let mut words = words.split_whitespace();
        let mut program = Command::new(words.next()?);
        program.current_dir(workspace::root("tests/demo")).args(words);
        // The last argument is the worker's, and no other's.
        program.arg(workspace::target("demo/workerd.capnp"));
        Some(program)
    }
}

impl Answer {
    fn parse(answer: &Value) -> Self {
        let outcome = answer.get("outcome").and_then(Value::as_str).unwrap_or("no answer");
        Answer { outcome: outcome.to_owned(), matched: texts(answer.get("matched")) }
    }
}

/// A new secret or key from the program: the word of its output that has the prefix.
pub(crate) fn keygen(kind: &str, prefix: &str) -> Result<String> {
    // Not `tool::run`, which shows what a program prints as the step's progress.
    let output = feed(tool::command(program::path()).args(["keygen", kind]), b"")?;
    if !output.status.success() {
        bail!("`postseal keygen {kind}` failed ({})", output.status);
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut words = printed.split(|char: char| char.is_whitespace() || "\",".contains(char));
    let key = words.find(|word| word.starts_with(prefix));
    key.map(str::to_owned).with_context(|| format!("`postseal keygen {kind}` gave no {prefix}…"))
}

fn seal_natively(id: &str, secrets: &[Value], key: &str, now: u64) -> Result<Sealed> {
    let mut seal = tool::command(program::path());
    seal.args(["seal", "--scheme", "standard", "--json", "--id", id, "--encryption-key", key]);
    seal.args(["--now", &now.to_string()]);
    for secret in secrets {
        seal.args(["--secret", &secret.to_string()]);
    }
    let output = feed(&mut seal, PAYLOAD.as_bytes())?;
    if !output.status.success() {
        bail!("`postseal seal` failed ({}):\n{}", output.status, tool::printed(&output));
    }
    Sealed::parse(&serde_json::from_slice(&output.stdout)?)
}

fn open_natively(case: &Case) -> Result<Answer> {
    if case.repeat {
        return Ok(Answer { outcome: "–".to_owned(), matched: Vec::new() });
    }
    let mut open = tool::command(program::path());
    open.args(["open", "--scheme", "standard", "--json", "--encryption-key", &case.encryption_key]);
    for secret in &case.secrets {
        open.args(["--secret", &secret.to_string()]);
    }
    for (name, value) in &case.message.headers {
        open.args(["--header", &format!("{name}: {}", text(value))]);
    }
    let output = feed(&mut open, &decode(&case.message.body_base64)?)?;
    let printed: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`postseal open` printed:\n{}", tool::printed(&output)))?;
    let outcome = match (printed.get("ok") == Some(&Value::Bool(true)), printed.get("code")) {
        (true, _) if !opened_payload(&printed)? => "wrong payload".to_owned(),
        (true, _) => "ok".to_owned(),
        (false, code) => code.map(text).unwrap_or_default(),
    };
    Ok(Answer { outcome, matched: texts(printed.get("matched_secret_ids")) })
}

fn opened_payload(printed: &Value) -> Result<bool> {
    let payload = printed.get("payload_base64").map(text).unwrap_or_default();
    Ok(decode(&payload)? == PAYLOAD.as_bytes())
}

/// The texts of a list; none where there is no list.
fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().map(text).collect()
}

/// Asks a program: one JSON value in, one out.
fn ask(program: &mut Command, question: &Value) -> Result<Value> {
    let output = feed(program, question.to_string().as_bytes())?;
    if !output.status.success() {
        bail!("{program:?} failed ({}):\n{}", output.status, tool::printed(&output));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a program that reads all its input before it answers.
fn feed(command: &mut Command, input: &[u8]) -> Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{command:?} does not start"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input).context("a program closed its input early")?;
    }
    Ok(child.wait_with_output()?)
}
