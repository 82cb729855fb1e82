//! What the program says about itself: `explain`, `rules`, `engines`, and about others: `inspect`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use seawall::engines::Catalogue;
use seawall::rules::ALL;
use serde_json::Value;

use crate::generated::repository;
use crate::scratch::Scratch;

fn seawall(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(arguments).env_clear().current_dir(repository("")).stdin(Stdio::null());
    command
}

/// Exit status, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(seawall(arguments).output().unwrap())
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What a successful run says.
fn said(arguments: &[&str]) -> String {
    let (status, out, err) = run(arguments);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{arguments:?}");
    assert!(!out.contains('\u{1b}'), "no colour where there is no terminal: {out:?}");
    out
}

#[test]
fn explain_says_everything_about_every_rule() {
    for rule in ALL {
        let out = said(&["explain", rule.name]);
        assert!(out.starts_with(&format!("{}\n", rule.name)), "{out}");
        assert!(out.contains(&format!("tier      {}", rule.tier)), "{out}");
        assert_eq!(out.contains("\n  mends "), rule.mutate.is_some(), "{out}");
        for heading in ["Why", "Example", "Use instead", "References"] {
            assert!(out.lines().any(|line| line == heading), "{}: {heading}", rule.name);
        }
        assert!(!out.contains("```"), "Markdown's fences are for files: {out}");
    }
}

#[test]
fn explain_says_what_each_profile_does() {
    let out = said(&["explain", "plaintext-credentials"]);
    for line in ["observe     audit", "advise      warn", "baseline    warn", "production  deny"] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    for (arguments, error, help) in [
        (
            ["explain", "plaintext-credential"],
            "error: no rule is called \"plaintext-credential\"; did you mean \"plaintext-credentials\"?",
            "help: `seawall rules` lists them",
        ),
        (["explain", "xyz"], "error: no rule is called \"xyz\"", "help: `seawall rules` lists them"),
        (
            ["engines", "postgress"],
            "error: no engine is called \"postgress\"; did you mean \"postgres\"?",
            "help: `seawall engines` lists them; docs/engine-files.md says how to add one",
        ),
    ] {
        let expected = (Some(2), String::new(), format!("{error}\n{help}\n"));
        assert_eq!(run(&arguments), expected);
    }
}

#[test]
fn rules_lists_each_once() {
    let out = said(&["rules"]);
    for rule in ALL {
        let lines: Vec<&str> = out.lines().filter(|l| l.trim_start().starts_with(&format!("{} ", rule.name))).collect();
        assert_eq!(lines.len(), 1, "{}", rule.name);
        assert!(lines[0].contains(&rule.documentation().summary), "{}", lines[0]);
    }
}

#[test]
fn rules_are_there_for_programs_too() {
    let listed: Value = serde_json::from_str(&said(&["rules", "-o", "json"])).unwrap();
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(names, ALL.iter().map(|rule| rule.name).collect::<Vec<_>>());
    let rule = listed.as_array().unwrap().iter().find(|rule| rule["name"] == "missing-memory-limit").unwrap();
    let expected = serde_json::json!({
        "name": "missing-memory-limit",
        "tier": "hygiene",
        "since": "0.1.0",
        "summary": "A database that may take all the memory of its node.",
        "mends": true,
        "sparesEphemeral": false,
        "actions": {"observe": "audit", "advise": "audit", "baseline": "audit", "production": "warn"},
    });
    assert_eq!(rule, &expected);
}

#[test]
fn engines_lists_each_and_shows_each() {
    let out = said(&["engines"]);
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(out.lines().count(), catalogue.names().len());
    for name in catalogue.names() {
        assert!(out.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {out}");
        let sheet = said(&["engines", name]);
        for variant in catalogue.variants(name) {
            assert!(sheet.lines().any(|line| line == variant.variant), "{name}: {}: {sheet}", variant.variant);
        }
    }
}

#[test]
fn an_engine_shows_what_its_file_says() {
    let out = said(&["engines", "postgres"]);
    for part in [
        "PostgreSQL (postgres)",
        "  ports: 5432\n",
        "  data: /var/lib/postgresql/data; moved by",
        "  data: /var/lib/postgresql/18/docker, mounted at /var/lib/postgresql;",
        "  stop: SIGTERM refuses new clients, and waits for those it has, in 60 s or more; Pods get 120 s; measured on PostgreSQL 15,",
        "  preStop hook: /bin/sh -c ",
        "  memory: shared_buffers (128Mi unless set) at most 40 % of the limit;",
        "  durability off by: fsync, full_page_writes",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn engines_of_ones_own_are_shown_and_recognised() {
    let folder = Scratch::new();
    let document = seawall::cli::docs::engine_files(&[]);
    let example = document.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    std::fs::write(folder.join("mydb.yaml"), example).unwrap();
    let own = folder.to_str().unwrap();
    assert!(said(&["engines", "--engines", own, "mydb"]).contains("  data: /var/lib/mydb; moved by --data-dir\n"));

    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: 'mydb:3'}]}}\n";
    std::fs::write(folder.join("pod.yml.txt"), pod).unwrap();
    let path = folder.join("pod.yml.txt");
    let out = said(&["inspect", "--engines", own, path.to_str().unwrap()]);
    assert!(out.contains("  c: MyDB server, version 3, packaging official\n"), "{out}");

    std::fs::write(folder.join("mydb.yaml"), "name: mydb\ntitel: MyDB\n").unwrap();
    let (status, _, err) = run(&["engines", "--engines", own]);
    assert_eq!(status, Some(2));
    assert!(err.contains("mydb.yaml: line 2: titel") && err.contains("did you mean \"title\"?"), "{err}");
}

#[test]
fn inspect_shows_the_evidence_for_and_against() {
    let out = said(&["inspect", "examples/unsafe/client-job.yaml", "examples/unsafe/vitess-tablet.yaml"]);
    for part in [
        "Job forget-guests  examples/unsafe/client-job.yaml:2\n  mysql-client: MySQL client, version 8.4, packaging official\n",
        " +8 mysql: image mysql is a server image\n",
        "-12 mysql: runs mysql, which is a client\n",
        "  vttablet: Vitess router, version 24.0.1, packaging lite\n",
        "  mysqld: Vitess server, version 24.0.1, packaging lite\n      data: /vt/vtdataroot, on emptyDir, which goes with the Pod",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}

#[test]
fn inspect_calls_nothing_a_server_that_is_not_judged_as_one() {
    let folder = Scratch::new();
    let container = |(name, image): &(&str, &str)| format!("    - {{name: {name}, image: \"{image}\"}}\n");
    let all =
        [("kafka", "apache/kafka:3.9.0"), ("zookeeper", "zookeeper:3.9"), ("nats", "nats:2.10"), ("db", "mysql:8.4")];
    let containers: String = all.iter().map(container).collect();
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: all}}\nspec:\n  containers:\n{containers}");
    let path = folder.join("pod.yaml");
    std::fs::write(&path, pod).unwrap();
    let out = said(&["inspect", path.to_str().unwrap()]);
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).collect();
    let no_database = |line: &str| line.ends_with(": keeps state and is no database, so it is not judged as one");
    assert_eq!(lines.len(), 4, "{out}");
    assert!(lines[..3].iter().all(|line| no_database(line) && !line.contains("server")), "{out}");
    assert_eq!(lines[3], "  db: MySQL server, version 8.4, packaging official");
}

#[test]
fn inspect_says_so_where_there_is_nothing() {
    let application = said(&["inspect", "examples/safe/application.yaml"]);
    assert!(application.contains("  shop: nothing that Seawall knows\n"), "{application}");
    assert!(application.contains("  wait-for-the-database: an init container, which is no server\n"), "{application}");
    assert_eq!(said(&["inspect", "examples/safe/claim.yaml"]), "nothing here makes Pods\n");
}

/// A value is never among the evidence, only what it is called.
#[test]
fn inspect_names_variables_and_never_quotes_them() {
    let out = said(&["inspect", "examples/unsafe"]);
    assert!(out.contains("variable MYSQL_ROOT_PASSWORD is one of the image's"), "{out}");
    assert!(!out.contains("not-a-secret-any-more"), "{out}");
}

#[test]
fn inspect_reads_what_kubectl_prints() {
    let mut child =
        seawall(&["inspect", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "c", "image": "prom/mysqld-exporter:v0.17.2"}]}}]}"#;
    child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
    let (status, out, err) = told(child.wait_with_output().unwrap());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("Pod a  -:1\n  c: no database: it reads figures off one\n"), "{out}");
}

#[test]
fn inspect_tells_what_it_could_not_read() {
    let (status, _, err) = run(&["inspect", "examples/mistakes"]);
    assert_eq!(status, Some(2));
    assert!(err.contains("error: examples/mistakes/templates.yaml:6: spec.template is missing\nhelp: rename"), "{err}");
}
