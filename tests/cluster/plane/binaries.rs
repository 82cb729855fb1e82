//! Where the programs of the control plane are; built if they are nowhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Paths of the programs, as `controlplane/build.sh` reports them.
#[derive(Debug)]
pub struct Binaries {
    /// etcd.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub apiserver: PathBuf,
    /// kube-controller-manager.
    pub controller_manager: PathBuf,
    /// kube-scheduler.
    pub scheduler: PathBuf,
    /// kubectl.
    pub kubectl: PathBuf,
}

impl Binaries {
    /// Finds the programs, or builds them, which takes minutes the first time and says so on stderr.
    pub fn provide() -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/controlplane/build.sh");
        let output = Command::new(&script)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("failed to run {}", script.display()))?;
        if !output.status.success() {
            bail!("{} failed: the reason is above", script.display());
        }
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let path = |name: &str| {
            lines
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(PathBuf::from)
                .with_context(|| format!("{} reports no {name}", script.display()))
        };
        Ok(Self {
            etcd: path("etcd")?,
            apiserver: path("kube-apiserver")?,
            controller_manager: path("kube-controller-manager")?,
            scheduler: path("kube-scheduler")?,
            kubectl: path("kubectl")?,
        })
    }
}
