//! Helm, built from its module, run so that it never sees the configuration of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use seawall::manifest::edit;
use serde_json::Value;
use tempfile::TempDir;

/// How to call Helm, with or without a cluster.
pub struct Helm {
    program: PathBuf,
    home: TempDir,
    kubeconfig: Option<PathBuf>,
}

/// The chart.
pub fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/seawall")
}

impl Helm {
    /// Finds Helm, or builds it, which takes a minute or two the first time and says so on stderr.
    pub fn provide(kubeconfig: Option<&Path>) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/helm/build.sh");
        let built = Command::new(&script).stderr(std::process::Stdio::inherit()).output();
        let built = built.with_context(|| format!("failed to run {}", script.display()))?;
        if !built.status.success() {
            bail!("{} failed: the reason is above", script.display());
        }
        let program = PathBuf::from(String::from_utf8(built.stdout)?.trim());
        let home = tempfile::tempdir().context("no folder for Helm")?;
        Ok(Self { program, home, kubeconfig: kubeconfig.map(Path::to_owned) })
    }

    /// Runs it: what it printed, or what it complained about.
    pub fn run(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", self.home.path()).args(args);
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        let output = command.output().with_context(|| format!("failed to start {}", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("helm {} failed: {}\n{said}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(said)
    }

    /// The objects that the chart makes with these arguments.
    pub fn render(&self, args: &[&str]) -> Result<Vec<Value>> {
        let chart = chart();
        let all = [&["template", "seawall", chart.to_str().context("a path that is no text")?], args].concat();
        objects(&self.run(&all)?)
    }
}

/// The objects of a text of many documents.
pub fn objects(text: &str) -> Result<Vec<Value>> {
    let manifests = edit::objects("rendered", text).context("what was rendered is no YAML")?;
    Ok(manifests.iter().map(|manifest| manifest.object().to_json()).filter(|object| !object.is_null()).collect())
}

/// The one of a kind and name.
pub fn find<'o>(objects: &'o [Value], kind: &str, name: &str) -> Result<&'o Value> {
    let is_it = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
    objects.iter().find(is_it).with_context(|| format!("there is no {kind} {name}"))
}
