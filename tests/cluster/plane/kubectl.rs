//! kubectl, run so that it can never see the kubeconfig of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The longest that one call may take: every admission timeout twice over.
const LIMIT: Duration = Duration::from_secs(60);

/// How to call kubectl as one user of one cluster.
#[derive(Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

/// What a call of kubectl gave.
#[derive(Debug)]
pub struct Output {
    /// The command line, for messages.
    pub command: String,
    /// Exit status 0?
    pub ok: bool,
    /// What it printed.
    pub stdout: String,
    /// Errors and warnings.
    pub stderr: String,
}

impl Output {
    /// What it printed, or an error that shows what it complained about.
    pub fn succeeded(self) -> Result<String> {
        if !self.ok {
            bail!("{} failed: {}", self.command, self.stderr.trim_end());
        }
        Ok(self.stdout)
    }

    /// What it complained about, or an error if it did not fail.
    pub fn failed(self) -> Result<String> {
        if self.ok {
            bail!("{} should have failed, and printed: {}", self.command, self.stdout.trim_end());
        }
        Ok(self.stderr)
    }
}

impl Kubectl {
    /// kubectl at `program` with this kubeconfig; `home` holds its caches.
    pub fn new(program: &Path, kubeconfig: &Path, home: &Path) -> Self {
        Self { program: program.to_owned(), kubeconfig: kubeconfig.to_owned(), home: home.to_owned() }
    }

    /// The same with another user's kubeconfig.
    pub fn with_kubeconfig(&self, kubeconfig: &Path) -> Self {
        Self { kubeconfig: kubeconfig.to_owned(), ..self.clone() }
    }

    /// Runs it to its end, with `input` on its standard input.
    pub async fn run(&self, args: &[&str], input: Option<&str>) -> Result<Output> {
        let mut command = Command::new(&self.program);
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(args);
        self.finish(command, format!("kubectl {}", args.join(" ")), input).await
    }

    /// Runs a command line that says `kubectl`, as somebody who copies it into a shell.
    pub async fn shell(&self, line: &str) -> Result<Output> {
        let mut command = Command::new("sh");
        let folder = self.program.parent().unwrap_or(Path::new("."));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([folder.to_owned()].into_iter().chain(std::env::split_paths(&path)))?;
        command.args(["-c", line]).env("KUBECONFIG", &self.kubeconfig).env("PATH", path);
        self.finish(command, line.to_owned(), None).await
    }

    /// Another program that reads a kubeconfig, as this user.
    pub async fn program(&self, program: &Path, args: &[&str]) -> Result<Output> {
        let mut command = Command::new(program);
        command.args(args).arg("--kubeconfig").arg(&self.kubeconfig);
        self.finish(command, format!("{} {}", program.display(), args.join(" ")), None).await
    }

    async fn finish(&self, mut command: Command, command_line: String, input: Option<&str>) -> Result<Output> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let own = command.as_std().get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned())));
        let own: Vec<_> = own.collect();
        let mut child = command
            // Nothing is inherited: no KUBECONFIG, no proxy, no plugins, no colour.
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", inherited)
            .envs(own)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {command_line}"))?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // It may end without reading; then its own complaint is the better one.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = tokio::time::timeout(LIMIT, child.wait_with_output())
            .await
            .with_context(|| format!("{command_line} takes longer than {LIMIT:?}"))?
            .with_context(|| format!("failed to run {command_line}"))?;
        Ok(Output {
            command: command_line,
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}
