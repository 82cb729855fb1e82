//! Where the programs of the control plane are; built if they are nowhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::process::{Guardian, Process};

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
    pub async fn provide(guardian: &Arc<Guardian>, folder: &Path) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/controlplane/build.sh");
        let mut build = Process::spawn_talking(guardian, "build", folder, Command::new(&script))?;
        if !build.finished().await.success() {
            bail!("{} failed: the reason is above", script.display());
        }
        let lines = build.log_tail(usize::MAX);
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
