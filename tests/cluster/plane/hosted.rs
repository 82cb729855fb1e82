//! Seawall's Pods without a kubelet: the program as a process of this machine, with what the Pod's spec says it gets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::Value;

use super::process::Process;
use super::seawall::http_get;
use super::{Plane, launch, pki};

/// Ports of the loopback address in the place of those that a Pod has on its own address.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Of the webhooks.
    pub webhooks: u16,
    /// Of metrics and health.
    pub metrics: u16,
}

impl Ports {
    /// Two that nobody has.
    pub fn free() -> Result<Self> {
        let [webhooks, metrics] = launch::free_ports()?;
        Ok(Self { webhooks, metrics })
    }
}

impl Plane {
    /// The one container of a Pod's spec, as a command of `program`: its arguments with the files of its volumes, its environment,
    /// and the token of its service account.
    pub async fn hosted(&self, program: &Path, namespace: &str, spec: &Value, ports: Ports) -> Result<Command> {
        let container = &spec["containers"][0];
        let mut mounts = Vec::new();
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let volume = spec["volumes"].as_array().into_iter().flatten().find(|v| v["name"] == mount["name"]);
            let volume = volume.context("a mount without a volume")?;
            // The account's token, which the kubeconfig has.
            if volume["projected"].is_object() {
                continue;
            }
            let folder = self.volume(namespace, volume).await?;
            mounts.push((mount["mountPath"].as_str().context("no path")?.to_owned(), folder));
        }
        let mut command = Command::new(program);
        command.env_clear();
        for arg in container["args"].as_array().into_iter().flatten() {
            let mut arg = arg.as_str().context("an argument that is no text")?.to_owned();
            for (path, folder) in &mounts {
                arg = arg.replace(path, &folder.display().to_string());
            }
            // Nobody but this machine may reach what a test serves.
            for (flag, port) in [("--listen=", ports.webhooks), ("--metrics-listen=", ports.metrics)] {
                if arg.starts_with(flag) {
                    arg = format!("{flag}127.0.0.1:{port}");
                }
            }
            command.arg(arg);
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            let value = match variable["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
                None => variable["value"].as_str().unwrap_or_default(),
                Some("metadata.namespace") => namespace,
                Some("metadata.name") => "hosted",
                Some(other) => bail!("nobody here knows a Pod's {other}"),
            };
            command.env(variable["name"].as_str().context("a variable without a name")?, value);
        }
        let account = spec["serviceAccountName"].as_str().context("no service account")?;
        command.arg("--kubeconfig").arg(self.account(namespace, account).await?);
        Ok(command)
    }

    /// Starts `serve` and waits until it is ready.
    pub async fn serving(&self, name: &str, command: Command, ports: Ports) -> Result<Process> {
        let mut process = Process::spawn(&self.guardian, name, self.folder(), command)?;
        let metrics = launch::loopback(ports.metrics);
        launch::answers(&mut process, name, async || Ok(http_get(metrics, "/readyz").await?.0 == 200)).await?;
        Ok(process)
    }

    /// Starts a program without waiting for anything.
    pub fn spawned(&self, name: &str, command: Command) -> Result<Process> {
        Process::spawn(&self.guardian, name, self.folder(), command)
    }

    /// A program that ends by itself: how, and what it said.
    pub async fn ran(self: &Arc<Self>, name: &str, command: Command) -> Result<(bool, String)> {
        let mut process = Process::spawn(&self.guardian, name, self.folder(), command)?;
        let status = process.finished().await;
        Ok((status.success(), process.log_tail(50)))
    }

    /// The files of a volume, in a folder.
    async fn volume(&self, namespace: &str, volume: &Value) -> Result<PathBuf> {
        let (kind, name) = match (volume["secret"]["secretName"].as_str(), volume["configMap"]["name"].as_str()) {
            (Some(name), _) => ("secret", name),
            (None, Some(name)) => ("configmap", name),
            _ => bail!("nobody here mounts {volume}"),
        };
        let object = self.kubectl(&["-n", namespace, "get", kind, name, "-o", "json"]).await?.succeeded()?;
        let object: Value = serde_json::from_str(&object)?;
        let folder = tempfile::tempdir_in(self.folder()).context("no folder for a volume")?.keep();
        for (file, value) in object["data"].as_object().into_iter().flatten() {
            let value = value.as_str().context("a value that is no text")?;
            let text = if kind == "secret" {
                String::from_utf8(base64::engine::general_purpose::STANDARD.decode(value)?)?
            } else {
                value.to_owned()
            };
            pki::write(&folder.join(file), &text)?;
        }
        Ok(folder)
    }

    /// A kubeconfig with a token of a service account, and nothing else that it could be known by.
    pub async fn account(&self, namespace: &str, account: &str) -> Result<PathBuf> {
        let token = self.kubectl(&["-n", namespace, "create", "token", account]).await?.succeeded()?;
        let ca = base64::engine::general_purpose::STANDARD.encode(&self.authority.certificate);
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "only",
            "clusters": [{"name": "only", "cluster": {"server": self.address, "certificate-authority-data": ca}}],
            "users": [{"name": "only", "user": {"token": token.trim()}}],
            "contexts": [{"name": "only", "context": {"cluster": "only", "user": "only", "namespace": namespace}}],
        });
        self.file("account.kubeconfig", &text.to_string())
    }
}
