//! `seawall fix`, on everything that there is to fix: what comes out says what it should, nothing else changes, and no password gets
//! out.

mod links;
mod policies;
mod spelled;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use k8s_openapi::api::core::v1::Secret;
use seawall::{
    engines::Catalogue,
    manifest::edit,
    terms::Operation,
    tree::{Tree, yaml},
};
use serde_json::Value;

use spelled::SPELLINGS;

use crate::{
    generated::repository,
    scratch::Scratch,
    specimens::{self, Promise, Specimen, yaml_files},
};

fn fix(arguments: &[&str], paths: &[&Path]) -> Output {
    let settings = repository("examples/settings.yaml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.arg("fix").arg("--config").arg(settings).args(arguments).args(paths);
    command.env_clear().stdin(Stdio::null()).output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What `kubectl` would read.
fn read(text: &str) -> Value {
    Tree::one_from_yaml(text).unwrap().root().to_json()
}

/// Objects that are created and can be spelled: text that looks like a key in braces is not made here.
fn created() -> impl Iterator<Item = &'static Specimen> {
    let fits = |specimen: &&Specimen| {
        let object = &specimen.case.object;
        specimen.case.operation == Operation::Create && object.is_object() && !object.to_string().contains("\\\":")
    };
    specimens::all().iter().filter(fits)
}

/// Every literal that some engine's file calls a password.
fn passwords(object: &Value, catalogue: &Catalogue, found: &mut BTreeSet<String>) {
    match object {
        Value::Object(map) => {
            if let (Some(name), Some(value)) =
                (map.get("name").and_then(Value::as_str), map.get("value").and_then(Value::as_str))
            {
                let is_one = catalogue.engines().iter().any(|engine| engine.is_secret(name));
                // Words of the trade stand in images and names as well.
                if is_one && value.len() >= 6 && !value.bytes().all(|b| b.is_ascii_lowercase()) {
                    found.insert(value.to_owned());
                }
            }
            map.values().for_each(|value| passwords(value, catalogue, found));
        }
        Value::Array(items) => items.iter().for_each(|item| passwords(item, catalogue, found)),
        _ => {}
    }
}

/// One folder of everything, one file each.
fn everything(folder: &Path) -> BTreeSet<String> {
    let catalogue = Catalogue::embedded().unwrap();
    let mut found = BTreeSet::new();
    for (number, specimen) in created().filter(|s| !matches!(s.of, Some((_, Promise::Pass)))).enumerate() {
        let mut object = specimen.case.object.clone();
        passwords(&object, &catalogue, &mut found);
        // One namespace each: they are no neighbours.
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("namespace".to_owned(), format!("n{number}").into());
        }
        let text = SPELLINGS[number % SPELLINGS.len()].of(&object);
        if edit::objects("", &text).is_some_and(|all| all.iter().all(|m| m.passed_over.is_none())) {
            fs::write(folder.join(format!("{number:04}.yaml")), text).unwrap();
        }
    }
    found
}

fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    yaml_files(folder).into_iter().map(|file| (file.clone(), fs::read_to_string(&file).unwrap())).collect()
}

#[test]
fn fixing_twice_is_fixing_once_and_no_password_gets_out() {
    let scratch = Scratch::new();
    let secrets = everything(&scratch);
    assert!(secrets.len() > 3, "{secrets:?}");
    let before = texts(&scratch);
    let shown = fix(&[], &[&scratch]);
    assert_eq!(texts(&scratch), before, "without --write nothing is written");
    let written = fix(&["--write"], &[&scratch]);
    assert!(out(&written).contains(" written; "), "{}", err(&written));
    assert_eq!(err(&written), "");
    assert!(
        !out(&written).contains("not written"),
        "{}",
        out(&written).lines().find(|l| l.contains("not written")).unwrap()
    );
    for secret in &secrets {
        for output in [&shown, &written] {
            assert!(
                !out(output).contains(secret.as_str()) && !err(output).contains(secret.as_str()),
                "a value is shown"
            );
        }
    }
    let after = texts(&scratch);
    let made: Vec<_> = after.iter().filter(|(file, _)| file.to_string_lossy().ends_with(".secret.yaml")).collect();
    assert!(made.len() > 3, "{}", made.len());
    for (file, text) in made {
        let object = read(text);
        // The API server reads texts and nothing else: nobody gives a database a placeholder.
        let filled = Value::from_iter(object["stringData"].as_object().unwrap().keys().map(|key| (key.as_str(), "x")));
        assert!(serde_json::from_value::<Secret>(object.clone()).is_err(), "{}", file.display());
        let mut whole = object;
        whole["stringData"] = filled;
        assert!(serde_json::from_value::<Secret>(whole).is_ok(), "{}", file.display());
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{}", file.display());
    }
    for rule in ["rolling-update-over-claim", "claims-deleted-with-statefulset"] {
        let with = |word: &str| out(&written).lines().filter(|l| l.contains(word) && l.contains(rule)).count();
        assert_eq!((with("  fix: ") > 0, with("  left for you")), (true, 0), "{rule}");
    }
    let again = fix(&["--write"], &[&scratch]);
    assert!(out(&again).contains("0 corrections in 0 files, and 0 Secrets"), "{}", out(&again).lines().last().unwrap());
    assert_eq!(texts(&scratch), after);
}

#[test]
fn all_examples_can_be_fixed() {
    let scratch = Scratch::new();
    for kind in ["careless", "safe", "unsafe"] {
        let folder = scratch.join(kind);
        fs::create_dir(&folder).unwrap();
        for file in yaml_files(&repository(&format!("examples/{kind}"))) {
            fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
        let before = texts(&folder);
        let written = fix(&["--write"], &[&folder]);
        assert_eq!(err(&written), "", "{kind}");
        for (file, text) in before {
            let new = fs::read_to_string(&file).unwrap();
            assert!(kind != "safe" || new == text, "{} needs nothing", file.display());
            let comments = text.lines().filter(|line| line.trim_start().starts_with('#'));
            assert!(comments.into_iter().all(|line| new.lines().any(|other| other == line)), "{}", file.display());
            assert_eq!(yaml::documents(&new).count(), yaml::documents(&text).count());
        }
        let again = fix(&["--write"], &[&folder]);
        assert!(out(&again).contains("0 corrections in 0 files, and 0 Secrets"), "{}", out(&again));
    }
}

const DATABASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop   # the shop's
spec:
  selector: {matchLabels: {app: shop}}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1}
  template:
    metadata: {labels: {app: shop}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: postgres
          image: postgres:17.5
          env:
            # was s3cret-Word once
            - name: POSTGRES_PASSWORD
              value: s3cret-Word # not s3cret-Old
            - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
          resources: {limits: {memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}
          volumeMounts:
            - {name: data, mountPath: /var/lib/postgresql/data}
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: shop}}
";

#[test]
fn one_rule_corrects_its_own_alone() {
    let scratch = Scratch::new();
    let file = scratch.join("shop.yaml");
    fs::write(&file, DATABASE).unwrap();
    let written = fix(&["--write", "--rule", "rolling-update-over-claim"], &[&file]);
    assert_eq!(err(&written), "");
    let expected =
        DATABASE.replace("    type: RollingUpdate\n    rollingUpdate: {maxSurge: 1}\n", "    type: Recreate\n");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);

    let shown = fix(&[], &[&file]);
    assert!(out(&shown).contains("-              value: *** # ***\n"), "{}", out(&shown));
    assert!(!out(&shown).contains("s3cret"), "{}", out(&shown));
    let all = fix(&["--write"], &[&file]);
    let new = fs::read_to_string(&file).unwrap();
    assert!(new.contains("      terminationGracePeriodSeconds: 120\n"), "{new}");
    assert!(new.contains("            # was s3cret-Word once\n            - name: POSTGRES_PASSWORD\n              valueFrom:\n                secretKeyRef:\n"), "{new}");
    assert!(out(&all).contains("what was the value of POSTGRES_PASSWORD still stands in line 17"), "{}", out(&all));
    assert!(!out(&all).contains("s3cret"), "{}", out(&all));
    let secret = fs::read_to_string(scratch.join("shop-credentials.secret.yaml")).unwrap();
    assert!(secret.contains("POSTGRES_PASSWORD: [the value that it has today]\n"), "{secret}");
}

#[test]
fn what_cannot_be_edited_is_left_alone() {
    let scratch = Scratch::new();
    let shared =
        DATABASE.replace("  strategy:\n", "  strategy: &s\n").replace("  template:\n", "  other: *s\n  template:\n");
    let template = DATABASE.replace("postgres:17.5", "{{ .Values.image }}");
    for (name, text, words) in [
        ("latin.yaml", b"kind: Pod # \xe9\n".to_vec(), "the file is not UTF-8 text"),
        ("template.yaml", template.into_bytes(), "template"),
        ("half.yaml", [DATABASE.as_bytes(), b"---\na: [\n"].concat(), "half.yaml:"),
    ] {
        let file = scratch.join(name);
        fs::write(&file, &text).unwrap();
        let output = fix(&["--write"], &[&file]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(err(&output).contains(words), "{name}: {}", err(&output));
        assert_eq!(fs::read(&file).unwrap(), text, "{name}");
    }
    let file = scratch.join("shared.yaml");
    fs::write(&file, &shared).unwrap();
    let output = fix(&["--write", "--rule", "rolling-update-over-claim"], &[&file]);
    assert!(out(&output).contains("is used in several places"), "{}", out(&output));
    assert_eq!(fs::read_to_string(&file).unwrap(), shared);
    let folder = fs::read_dir(&*scratch).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(folder.into_iter().all(|name| !name.to_string_lossy().starts_with('.')), "a temporary file stays");
    let output = fix(&["--write"], &[Path::new("-")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("standard input cannot be written"), "{}", err(&output));
}
