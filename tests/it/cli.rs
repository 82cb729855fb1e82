//! The program itself, run as people run it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::scratch::Scratch;

/// The program with these arguments, and nothing of the environment that runs the tests.
fn seawall(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    seawall(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Exit status, standard output, standard error.
fn told(output: &Output) -> (Option<i32>, &str, &str) {
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn certs(folder: &Path) -> Command {
    seawall(&["certs", "--out", folder.to_str().unwrap()])
}

#[test]
fn certs_says_what_it_made_and_what_it_kept() {
    let scratch = Scratch::new();
    let folder = scratch.join("tls");
    let first = certs(&folder).output().unwrap();
    let (status, out, err) = told(&first);
    assert_eq!((status, err), (Some(0), ""));
    assert!(out.contains("(made: there was none)"), "{out}");
    assert!(out.contains("Serve as seawall.seawall-system.svc with:"), "{out}");
    assert!(!out.contains("This CA is new"), "nobody can trust an older one: {out}");
    assert!(!out.contains('\u{1b}'), "no colour where there is no terminal: {out:?}");
    for name in ["ca.crt", "tls.crt", "tls.key"] {
        assert!(folder.join(name).is_file(), "{name}");
    }

    let second = certs(&folder).output().unwrap();
    let (_, out, _) = told(&second);
    assert_eq!(out.matches("(kept)").count(), 2, "{out}");

    let forced = certs(&folder).args(["--force", "--service", "guard", "--namespace", "db"]).output().unwrap();
    let (_, out, _) = told(&forced);
    assert_eq!(out.matches("(made: as asked)").count(), 2, "{out}");
    assert!(out.contains("guard.db.svc") && out.contains("This CA is new"), "{out}");
}

#[test]
fn certs_goes_to_an_ignored_folder_by_default() {
    let scratch = Scratch::new();
    let output = seawall(&["certs"]).current_dir(&*scratch).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(scratch.join("certs/local/tls.key").is_file());
    let ignored = include_str!("../../.gitignore");
    assert!(ignored.lines().any(|line| line == "/certs/local"), "{ignored}");
}

#[test]
fn an_error_says_what_where_why_and_what_to_do() {
    let folder = Scratch::new();
    std::fs::write(folder.join("file"), "").unwrap();
    let path = folder.join("file/tls");
    let output = certs(&path).env("RUST_BACKTRACE", "1").output().unwrap();
    let expected = format!(
        "error: failed to open the certificate folder {}: Not a directory (os error 20)\n\
         help: name a folder that you may write to with `--out`\n",
        path.display()
    );
    assert_eq!(told(&output), (Some(2), "", expected.as_str()));

    let output = run(&["certs", "--namespace", "Not_A_Label"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: \"Not_A_Label\" is not a DNS label\nhelp: "));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let folder = Scratch::new();
    std::fs::write(folder.join("file"), "").unwrap();
    let path = folder.join("file/tls");
    let forced = certs(&path).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(text(&forced.stderr).starts_with("\u{1b}["), "{:?}", text(&forced.stderr));
    let refused = certs(&path).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(text(&refused.stderr).starts_with("error: "), "{:?}", text(&refused.stderr));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        let (status, out, err) = told(&output);
        assert_eq!((status, err), (Some(0), ""), "{shell}");
        for word in ["certs", "kubernetes-version", "namespace", "scan", "as-profile", "all-namespaces"] {
            assert!(out.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_understands_its_completions() {
    let script = run(&["completions", "bash"]).stdout;
    let folder = Scratch::new();
    std::fs::write(folder.join("seawall.bash"), script).unwrap();
    let checked = Command::new("bash").arg("-n").arg(folder.join("seawall.bash")).output();
    let Ok(bash) = checked else {
        eprintln!("skipped: there is no bash");
        return;
    };
    assert!(bash.status.success(), "{}", text(&bash.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["--version"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = seawall(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(told(&output), (Some(0), "", ""), "{arguments:?}");
    }
}

#[test]
fn version_and_help_go_to_standard_output() {
    let version = format!("seawall {}\n", seawall::terms::build());
    assert_eq!(told(&run(&["--version"])), (Some(0), version.as_str(), ""));
    let help = run(&["help", "certs"]);
    let (status, out, err) = told(&help);
    assert_eq!((status, err), (Some(0), ""));
    assert!(out.contains("Examples:\n  seawall certs\n"), "{out}");
}

#[test]
fn a_wrong_line_fails_and_suggests() {
    let output = run(&["chek", "a.yaml"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, out), (Some(2), ""));
    assert!(err.starts_with("error: unrecognized subcommand 'chek'") && err.contains("'check'"), "{err}");

    let nothing = run(&[]);
    assert_eq!((nothing.status.code(), text(&nothing.stdout)), (Some(2), ""));
    assert!(text(&nothing.stderr).contains("Usage: seawall <COMMAND>"));
}

#[test]
fn serve_listens_to_its_variables() {
    for (variable, value, expected) in [
        ("SEAWALL_LISTEN", "8443", "invalid value '8443' for '--listen <ADDRESS:PORT>'"),
        ("SEAWALL_METRICS_LISTEN", "x", "invalid value 'x' for '--metrics-listen <ADDRESS:PORT>'"),
        ("SEAWALL_PROFILE", "strict", "invalid value 'strict' for '--profile <PROFILE>'"),
        ("SEAWALL_DRAIN_DELAY", "x", "invalid value 'x' for '--drain-delay <SECONDS>'"),
        ("SEAWALL_LOG_FORMAT", "xml", "invalid value 'xml' for '--log-format <FORMAT>'"),
        ("SEAWALL_KUBERNETES_VERSION", "new", "invalid value 'new' for '--kubernetes-version <VERSION>'"),
        ("SEAWALL_OFFLINE", "1", "`--kubeconfig` and `--offline` exclude each other"),
        ("SEAWALL_LOG", "=x=", "SEAWALL_LOG is not a log filter"),
        ("RUST_LOG", "=x=", "RUST_LOG is not a log filter"),
    ] {
        let mut command = seawall(&["serve", "--kubeconfig", "f"]);
        command.env("SEAWALL_TLS_CERT", "c").env("SEAWALL_TLS_KEY", "k").env(variable, value);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}");
        assert!(text(&output.stderr).contains(expected), "{variable}: {}", text(&output.stderr));
    }
}

#[test]
fn serve_starts_with_rules_of_another_version_and_check_does_not() {
    let scratch = Scratch::new();
    let config = scratch.join("settings.yaml");
    let head = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: shared}\n";
    std::fs::write(&config, format!("{head}spec:\n  rules: {{floating-tags: deny}}\n")).unwrap();
    let config = config.to_str().unwrap();
    let none = scratch.join("none.crt");
    let none = none.to_str().unwrap();
    let served = run(&["serve", "--offline", "--tls-cert", none, "--tls-key", none, "--config", config]);
    let (_, _, err) = told(&served);
    assert!(err.contains("the settings name a rule that this version does not know; it is ignored"), "{err}");
    assert!(err.contains("did you mean"), "{err}");
    assert!(err.contains("none.crt"), "it went on, and stopped for want of a certificate: {err}");
    let checked = run(&["check", "--config", config, "examples"]);
    let (status, _, err) = told(&checked);
    assert_eq!(status, Some(2));
    assert!(err.contains("no rule is called \"floating-tags\"; did you mean \"floating-tag\"?"), "{err}");
}

#[test]
fn serve_takes_its_certificate_from_files_or_from_a_secret() {
    let secret = ["serve", "--tls-secret", "t", "--service", "s", "--webhooks", "w", "--namespace", "n"];
    for (more, expected) in [
        (["--offline"].as_slice(), "`--tls-secret` and `--offline` exclude each other"),
        (&["--tls-cert", "c", "--tls-key", "k"], "cannot be used with"),
    ] {
        let output = run(&[secret.as_slice(), more].concat());
        let (status, _, err) = told(&output);
        assert_eq!(status, Some(2), "{err}");
        assert!(err.contains(expected), "{err}");
    }
    let output = run(&["serve", "--offline"]);
    let (status, _, err) = told(&output);
    assert_eq!(status, Some(2));
    assert!(err.contains("<--tls-cert <FILE>|--tls-secret <NAME>>"), "{err}");
    let output = run(&["serve", "--tls-secret", "t"]);
    let (_, _, err) = told(&output);
    assert!(err.contains("--service <NAME>") && err.contains("--webhooks <NAME>"), "{err}");
}
