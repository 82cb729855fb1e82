//! What the prose shows is what happens: commands in Markdown files are run, and excerpts stand in the files that they name.
//!
//! A console block after `<!-- run -->` is a command and all that it prints; `make bless` rewrites it. A block after
//! `<!-- excerpt: FILE -->` stands in that file, word for word.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::process::{Command, Stdio};

use crate::generated::{hold, repository, text};

const RUN: &str = "<!-- run -->\n```console\n$ ";
const EXCERPT: &str = "<!-- excerpt: ";
const END: &str = "\n```\n";
const FILES: [&str; 5] =
    ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/json.md", "examples/policies/README.md"];

/// What a command line prints, to standard output and then to standard error.
fn printed(line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("seawall"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(words)
        .env_clear()
        .current_dir(repository(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    format!("{}{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The document with every command's output as it is today.
fn run(document: &str) -> String {
    let mut parts = document.split(RUN);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once(END).expect("the block ends");
        let line = block.lines().next().expect("a command");
        whole.push_str(&format!("{RUN}{line}\n{}{END}{rest}", printed(line).trim_end()));
    }
    whole
}

#[test]
fn commands_print_what_the_prose_shows() {
    let mut shown = 0;
    for file in FILES {
        let document = text(file);
        shown += document.matches(RUN).count();
        hold(file, &run(&document));
    }
    assert!(shown > 0, "no command is shown anywhere");
}

#[test]
fn excerpts_stand_in_the_files_that_they_name() {
    let mut shown = 0;
    for file in FILES {
        for part in text(file).split(EXCERPT).skip(1) {
            let (source, rest) = part.split_once(" -->\n```").expect("a block follows");
            let (_, block) = rest.split_once('\n').expect("the block begins");
            let (excerpt, _) = block.split_once("```").expect("the block ends");
            assert!(text(source).contains(excerpt), "{file}: this is not in {source}:\n{excerpt}");
            shown += 1;
        }
    }
    assert!(shown > 0, "no excerpt is shown anywhere");
}
