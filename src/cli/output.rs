//! What goes to standard output and standard error, and how the program ends.

use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

/// Something is denied.
pub(crate) const DENIED: u8 = 1;
/// Something could not be done or read. Also clap's own for a wrong usage.
pub(crate) const FAILED: u8 = 2;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();
/// For the word that matters on a line.
pub(crate) const STRONG: Style = Style::new().bold();
/// For what is there for completeness.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Standard output: buffered, and with colour only where it is wanted (a terminal, and `NO_COLOR` is unset).
pub(crate) struct Out {
    stream: BufWriter<AutoStream<StdoutLock<'static>>>,
}

/// The reader of standard output went away, as `head` does: no failure, but a reason to stop.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for Closed {}

impl Out {
    /// Takes standard output.
    pub(crate) fn new() -> Self {
        Self { stream: BufWriter::new(AutoStream::auto(io::stdout().lock())) }
    }

    /// Writes out what is buffered. Without it a failure of the last write goes unnoticed.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes).map_err(closed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().map_err(closed)
    }
}

/// How a command ends that judged something: what could not be read may hide anything, and outweighs what is denied.
pub(crate) fn status(is_whole: bool, is_denied: bool) -> ExitCode {
    match (is_whole, is_denied) {
        (false, _) => ExitCode::from(FAILED),
        (true, true) => ExitCode::from(DENIED),
        (true, false) => ExitCode::SUCCESS,
    }
}

/// Marks a broken pipe as the one of standard output: elsewhere a broken pipe is a failure.
fn closed(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe { io::Error::new(error.kind(), Closed) } else { error }
}

fn is_closed(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.get_ref().is_some_and(|inner| inner.is::<Closed>()))
}

/// An error together with its remedy.
#[derive(Debug)]
struct Helped {
    error: anyhow::Error,
    help: String,
}

impl fmt::Display for Helped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Helped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Adds to an error what the person who meets it can do.
pub(crate) fn helped(error: impl Into<anyhow::Error>, help: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Helped { error: error.into(), help: help.into() })
}

/// Ends the program after an error: `error: what: why` and, where there is one, `help: what to do`, both to standard
/// error. A closed standard output is no error.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if is_closed(error) {
        return ExitCode::SUCCESS;
    }
    let help = error.chain().find_map(|cause| cause.downcast_ref::<Helped>()).map(|helped| helped.help.as_str());
    let mut stream = AutoStream::auto(io::stderr().lock());
    // Nothing is left to tell it to if standard error is closed, too.
    let _ = report(&mut stream, &chained(error), help);
    ExitCode::from(FAILED)
}

/// The error with its causes in one line. Some libraries repeat the cause in their own words' end; it is said once.
fn chained(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let text = cause.to_string();
        match said.as_str() {
            "" => text,
            before if before.ends_with(&text) => said,
            before => format!("{before}: {text}"),
        }
    })
}

pub(crate) fn report(stream: &mut impl Write, error: &str, help: Option<&str>) -> io::Result<()> {
    writeln!(stream, "{ERROR}error{ERROR:#}: {}", printable(error))?;
    if let Some(help) = help {
        writeln!(stream, "{HELP}help{HELP:#}: {}", printable(help))?;
    }
    stream.flush()
}

/// Ends the program with what clap has to say: help and version succeed, a wrong usage does not.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // As above: nobody is left to tell.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(FAILED) } else { ExitCode::SUCCESS }
}

/// A text that others wrote, such as a file's name or a manifest's value, made safe for a terminal: control characters
/// are shown, not obeyed. Line breaks stay.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_causes_and_a_second_with_its_remedy() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "no such thing");
        let error = helped(anyhow::Error::new(cause).context("failed to read a.yaml"), "write it first");
        let wrapped = error.context("nothing was judged");
        let help = wrapped.chain().find_map(|cause| cause.downcast_ref::<Helped>()).map(|helped| helped.help.as_str());

        let mut written = Vec::new();
        report(&mut anstream::StripStream::new(&mut written), &format!("{wrapped:#}"), help).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "error: nothing was judged: failed to read a.yaml: no such thing\nhelp: write it first\n"
        );
    }

    #[test]
    fn only_the_broken_pipe_of_standard_output_is_no_failure() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_closed(&anyhow::Error::new(closed(broken())).context("failed to write")));
        assert!(!is_closed(&anyhow::Error::new(broken())));
        assert!(!is_closed(&anyhow::Error::new(closed(io::Error::from(io::ErrorKind::StorageFull)))));
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(printable("a\u{1b}[31mb\r\nç\t"), "a\\u{1b}[31mb\\r\nç\\t");
    }
}
