//! The gateway's side of the vault, in Python.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
};

use serde_json::Value;

/// The interpreter that has `cryptography`: the system's own has it from the distribution's package.
fn interpreter() -> &'static str {
    let has = |python: &&str| {
        let mut tried = Command::new(python);
        tried.args(["-c", "import cryptography"]).stderr(Stdio::null());
        tried.status().is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| has(python))
        .expect("python3 with `cryptography` is missing: run scripts/deps.sh")
}

/// Answers to all requests, in order.
pub fn gateway(requests: &[Value]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/vault.py");
    let mut child = Command::new(interpreter())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    // In a thread of its own: the answers come while the requests are still being written.
    let writing = thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "vault.py failed; its message is above");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), requests.len());
    answers
}
