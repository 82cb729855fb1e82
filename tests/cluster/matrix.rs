//! What an API server does with a manifest, by kind and verb: the answer of kubectl and
//! what became of the object, step by step.
//!
//! The matrix runs without webhooks first. With Seawall it must give the same table, even
//! for manifests that Seawall mends: whoever applies again must not notice.

use std::fmt;

use anyhow::{Context as _, Result};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;

use crate::changes::{Change, changes, essence};
use crate::plane::Namespace;
use crate::plane::watch::wait_for;

/// The kinds of the matrix. Each manifest lacks what Seawall could mend: a credential,
/// memory, grace, a class. `SUBJECT` stands for the name; applying `stage: two` instead of
/// `one` and the next image is the change that people make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    StatefulSet,
    Deployment,
    Pod,
    Claim,
}

/// All of them.
pub const KINDS: [Kind; 4] = [Kind::StatefulSet, Kind::Deployment, Kind::Pod, Kind::Claim];

impl Kind {
    /// As kubectl knows it.
    pub fn resource(self) -> &'static str {
        match self {
            Self::StatefulSet => "statefulset",
            Self::Deployment => "deployment",
            Self::Pod => "pod",
            Self::Claim => "persistentvolumeclaim",
        }
    }

    fn definition(self) -> ApiResource {
        ApiResource::from_gvk(&match self {
            Self::StatefulSet => GroupVersionKind::gvk("apps", "v1", "StatefulSet"),
            Self::Deployment => GroupVersionKind::gvk("apps", "v1", "Deployment"),
            Self::Pod => GroupVersionKind::gvk("", "v1", "Pod"),
            Self::Claim => GroupVersionKind::gvk("", "v1", "PersistentVolumeClaim"),
        })
    }

    fn template(self) -> &'static str {
        match self {
            Self::StatefulSet => include_str!("matrix/statefulset.yaml"),
            Self::Deployment => include_str!("matrix/deployment.yaml"),
            Self::Pod => include_str!("matrix/pod.yaml"),
            Self::Claim => include_str!("matrix/claim.yaml"),
        }
    }

    fn sequences(self) -> Vec<(&'static str, Vec<Step>)> {
        let mut all = vec![
            ("apply", vec![Step::new("apply"), Step::new("apply"), Step::new("apply").changed(), Step::new("apply")]),
            (
                "server-side",
                vec![
                    Step::new("apply --server-side"),
                    Step::new("apply --server-side"),
                    Step::new("apply --server-side").changed(),
                    Step::new("apply --server-side"),
                ],
            ),
            ("migrate", vec![Step::new("apply"), Step::new("apply --server-side"), Step::new("apply --server-side")]),
            ("create", vec![Step::new("create"), Step::new("create"), Step::new("apply")]),
            ("replace", vec![Step::new("create"), Step::new("replace"), Step::new("replace").changed()]),
            (
                "dry-run",
                vec![
                    Step::new("create --dry-run=server"),
                    Step::new("apply --dry-run=server"),
                    Step::new("apply --server-side --dry-run=server"),
                    Step::new("apply"),
                    Step::new("apply --dry-run=server"),
                    Step::new("apply --server-side --dry-run=server"),
                    Step::new("apply --dry-run=server").changed(),
                ],
            ),
            ("diff", vec![Step::new("apply"), Step::new("diff"), Step::new("diff").changed()]),
            ("label", vec![Step::new("apply"), Step::on("label OBJECT team=storage"), Step::new("apply")]),
            ("annotate", vec![Step::new("apply"), Step::on("annotate OBJECT note=checked"), Step::new("apply")]),
        ];
        if matches!(self, Self::StatefulSet | Self::Deployment) {
            all.push((
                "scale",
                vec![
                    Step::new("apply"),
                    // Not up: two servers on the Deployment's one claim are refused.
                    Step::on("scale OBJECT --replicas=0"),
                    Step::new("apply"),
                ],
            ));
            all.push(("restart", vec![Step::new("apply"), Step::on("rollout restart OBJECT"), Step::new("apply")]));
        }
        all
    }
}

/// One call of kubectl.
struct Step {
    verb: &'static str,
    /// Does it read the manifest?
    manifest: bool,
    changed: bool,
}

impl Step {
    const fn new(verb: &'static str) -> Self {
        Self { verb, manifest: true, changed: false }
    }

    /// A verb that names the object, as `OBJECT`, and reads no manifest.
    const fn on(verb: &'static str) -> Self {
        Self { verb, manifest: false, changed: false }
    }

    const fn changed(self) -> Self {
        Self { changed: true, ..self }
    }
}

/// What happened at one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    sequence: &'static str,
    step: String,
    /// What kubectl said, without the namespace's name.
    answer: String,
    /// What became of the stored object: the fields that this step changed, and the
    /// number by which the API server counts changes of the spec (claims have none).
    effect: Vec<String>,
}

/// What happened at every step for one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table(Vec<Row>);

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sequence = "";
        for row in &self.0 {
            if row.sequence != sequence {
                sequence = row.sequence;
                writeln!(f, "{sequence}")?;
            }
            writeln!(f, "  {}", row.step)?;
            for line in row.answer.lines() {
                writeln!(f, "    | {line}")?;
            }
            for line in &row.effect {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

impl Table {
    /// The same without warnings: Seawall may say something at every step, as long as it
    /// changes nothing about what is done.
    pub fn without_warnings(mut self) -> Self {
        for row in &mut self.0 {
            let lines = row.answer.lines().filter(|line| !line.starts_with("Warning"));
            row.answer = lines.map(|line| format!("{line}\n")).collect();
        }
        self
    }
}

/// Runs every sequence for one kind in one namespace, each on an object of its own.
pub async fn run(namespace: &Namespace, kind: Kind) -> Result<Table> {
    let mut rows = Vec::new();
    for (sequence, steps) in kind.sequences() {
        let name = format!("by-{sequence}");
        let mut stored = Value::Null;
        for step in &steps {
            let (answer, now) =
                take(namespace, kind, &name, step).await.with_context(|| format!("{sequence}, {}", step.verb))?;
            let suffix = if step.changed { " (changed)" } else { "" };
            let effect = effect(kind, &stored, &now);
            rows.push(Row { sequence, step: format!("{}{suffix}", step.verb), answer, effect });
            stored = now;
        }
    }
    Ok(Table(rows))
}

/// Takes one step; answers with what kubectl said and the object as it is stored then.
async fn take(namespace: &Namespace, kind: Kind, name: &str, step: &Step) -> Result<(String, Value)> {
    let verb = step.verb.replace("OBJECT", &format!("{}/{name}", kind.resource()));
    let mut args: Vec<&str> = verb.split(' ').collect();
    let output = if step.manifest {
        let mut manifest = kind.template().replace("SUBJECT", name);
        if step.changed {
            manifest = manifest.replace("stage: one", "stage: two").replace("mysql:8.4.3", "mysql:8.4.4");
        }
        args.extend(["-f", "-"]);
        namespace.kubectl_with(&args, &manifest).await?
    } else {
        namespace.kubectl(&args).await?
    };
    let answer = match verb.starts_with("diff") {
        // It names temporary files and, like `diff`, exits with 1 if there is a difference.
        true => differences(&output.stdout) + &complaints(&output.stderr),
        false => output.stdout + &complaints(&output.stderr),
    };
    Ok((answer.replace(namespace.name(), "NAMESPACE"), settled(namespace, kind, name).await?))
}

/// Waits until the controllers have done what they do after every step, so that the next
/// one meets the same object each time; answers with the object, null if there is none.
async fn settled(namespace: &Namespace, kind: Kind, name: &str) -> Result<Value> {
    let objects = namespace.objects(&kind.definition());
    if objects.get_opt(name).await.context("failed to look the object up")?.is_none() {
        return Ok(Value::Null);
    }
    wait_for(&objects, name, "the controllers to take notice", |object| {
        let object = serde_json::to_value(object?).ok()?;
        let status = &object["status"];
        let settled = match kind {
            Kind::StatefulSet | Kind::Deployment => status["observedGeneration"] == object["metadata"]["generation"],
            Kind::Pod => object["spec"]["nodeName"].is_string(),
            Kind::Claim => status["phase"] == "Bound",
        };
        settled.then_some(object)
    })
    .await
}

fn effect(kind: Kind, before: &Value, now: &Value) -> Vec<String> {
    let mut lines: Vec<String> = match (before, now) {
        (_, Value::Null) => return vec!["not stored".to_owned()],
        (Value::Null, _) => vec!["stored".to_owned()],
        _ => changes(&essence(before), &essence(now)).iter().map(timeless).collect(),
    };
    // Pods have one since Kubernetes 1.33 only.
    if let (Kind::StatefulSet | Kind::Deployment, Some(generation)) = (kind, now["metadata"]["generation"].as_i64()) {
        lines.push(format!("generation {generation}"));
    }
    lines
}

fn timeless(change: &Change) -> String {
    if change.path.contains("restartedAt") { format!("! {}", change.path) } else { change.to_string() }
}

/// The changed lines of a diff.
/// What a diff changes; the generation is told of the object itself.
fn differences(diff: &str) -> String {
    let changed = |line: &&str| {
        (line.starts_with('+') || line.starts_with('-'))
            && !line.starts_with("+++")
            && !line.starts_with("---")
            && !line.contains("  generation: ")
    };
    diff.lines().filter(changed).map(|line| format!("{line}\n")).collect()
}

/// What each complaint says first. What follows in some is advice for people or the
/// difference to the stored object, with names that differ from run to run.
fn complaints(errors: &str) -> String {
    let first = |line: &&str| ["Error", "error", "Warning", "The "].iter().any(|start| line.starts_with(start));
    errors.lines().filter(first).map(|line| format!("{line}\n")).collect()
}
