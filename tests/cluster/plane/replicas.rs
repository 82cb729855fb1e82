//! Several Seawalls as one installation: each looks after the same Secret, and the API server reaches them through one
//! door. They may do what `docs/certificates.md` lists, and nothing else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use seawall::cluster::registration::Registration;
use serde_json::{Value, json};

use super::doorway::Doorway;
use super::launch::{answers, free_ports, loopback};
use super::process::Process;
use super::seawall::http_get;
use super::webhooks::{self, INSTANCE, NAMESPACE, SERVICE};
use super::{Namespace, Plane, access};

/// How many there are.
pub const COUNT: usize = 3;

/// An installation. Dropping it ends its processes at once.
pub struct Replicas {
    pub plane: Arc<Plane>,
    /// The name of its Secret, of its webhook configurations, and of its user.
    pub name: String,
    /// What the API server comes through.
    pub door: Doorway,
    /// What `SEAWALL_LOG` is for those that are started from now on.
    pub log_filter: &'static str,
    /// `--drain-delay` of those.
    pub drain_seconds: u16,
    pods: Vec<Pod>,
    binary: PathBuf,
    kubeconfig: PathBuf,
    times: String,
}

/// How the API server asks.
#[derive(Clone, Copy)]
enum Manner {
    /// Whoever listens.
    Strict,
    /// Whoever is ready.
    Ready,
}

impl Manner {
    /// Longer than in an installation: on a machine that does other things besides, no call is to fail for want of time.
    const fn timeout_seconds(self) -> u8 {
        match self {
            Self::Strict => 10,
            // One that is frozen is waited for on each of its connections.
            Self::Ready => 5,
        }
    }
}

struct Pod {
    name: String,
    listen: SocketAddr,
    metrics: SocketAddr,
    process: Option<Process>,
}

impl Replicas {
    /// Makes everything but the processes: the configurations have no caBundle, and every entry is Fail. `times` is
    /// the value of `--certificate-times`; `address` another way to the API server.
    pub async fn prepare(plane: &Arc<Plane>, binary: &str, times: &str, address: Option<&str>) -> Result<Self> {
        Self::made(plane, binary.into(), times, address, Manner::Strict).await
    }

    /// The same behind a door that leads to those that are ready, where whoever does not answer is waited for less long.
    pub async fn served(plane: &Arc<Plane>, binary: PathBuf, times: &str) -> Result<Self> {
        Self::made(plane, binary, times, None, Manner::Ready).await
    }

    async fn made(
        plane: &Arc<Plane>,
        binary: PathBuf,
        times: &str,
        address: Option<&str>,
        manner: Manner,
    ) -> Result<Self> {
        let name = plane.unique("certificates");
        let mut pods = Vec::new();
        for number in 0..COUNT {
            let [listen, metrics] = free_ports()?;
            let name = format!("{name}-{number}");
            pods.push(Pod { name, listen: loopback(listen), metrics: loopback(metrics), process: None });
        }
        let door = match manner {
            Manner::Strict => Doorway::before(pods.iter().map(|pod| pod.listen).collect()).await?,
            Manner::Ready => Doorway::before_ready(pods.iter().map(|p| (p.listen, p.metrics)).collect()).await?,
        };
        plane.ensure_namespace(NAMESPACE, Default::default()).await?;
        super::seawall::make_service(&plane.client()).await?;
        access::grant(&plane.client()).await?;
        let kubeconfig = match address {
            Some(address) => plane.kubeconfig_for(address, &name)?,
            None => plane.kubeconfig(&name, None)?,
        };
        let replicas = Self {
            plane: Arc::clone(plane),
            name,
            door,
            pods,
            binary,
            kubeconfig,
            times: times.to_owned(),
            log_filter: "info",
            drain_seconds: 1,
        };
        replicas.grant().await?;
        replicas.register(manner).await?;
        Ok(replicas)
    }

    async fn register(&self, manner: Manner) -> Result<()> {
        let params = PatchParams::apply("plane").force().validation_strict();
        let registration = Registration { name: self.name.clone(), port: self.door.port, ..Registration::default() };
        let (mutating, mut validating) = webhooks::configurations(&registration, Some(&self.name));
        // Whatever fails is to be seen; but what is in no namespace would fail for everybody.
        webhooks::leave_out_cluster_wide(&mut validating);
        let strict = |mut configuration: Value| {
            for hook in configuration["webhooks"].as_array_mut().into_iter().flatten() {
                hook["failurePolicy"] = json!("Fail");
                hook["timeoutSeconds"] = json!(manner.timeout_seconds());
            }
            Patch::Apply(configuration)
        };
        self.mutating().patch(&self.name, &params, &strict(serde_json::to_value(mutating)?)).await?;
        self.validating().patch(&self.name, &params, &strict(serde_json::to_value(validating)?)).await?;
        Ok(())
    }

    /// Its configuration of `/mutate`.
    pub fn mutating(&self) -> Api<MutatingWebhookConfiguration> {
        Api::all(self.plane.client())
    }

    /// Its configuration of `/validate`.
    pub fn validating(&self) -> Api<ValidatingWebhookConfiguration> {
        Api::all(self.plane.client())
    }

    /// Its Secret.
    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.plane.client(), NAMESPACE)
    }

    /// Starts one of them, without waiting.
    pub fn launch(&mut self, number: usize) -> Result<()> {
        let pod = &mut self.pods[number];
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .envs([("POD_NAMESPACE", NAMESPACE), ("POD_NAME", &pod.name), ("SEAWALL_LOG", self.log_filter)])
            .args(["serve", "--service", SERVICE, "--profile", "production"])
            .args(["--drain-delay", &self.drain_seconds.to_string()])
            .args(["--tls-secret", &self.name, "--webhooks", &self.name, "--certificate-times", &self.times])
            .args(["--listen", &pod.listen.to_string(), "--metrics-listen", &pod.metrics.to_string()])
            .arg("--kubeconfig")
            .arg(&self.kubeconfig);
        pod.process = Some(Process::spawn(&self.plane.guardian, &pod.name, self.plane.folder(), command)?);
        Ok(())
    }

    /// Starts one of them and waits until it is ready.
    pub async fn start(&mut self, number: usize) -> Result<()> {
        self.launch(number)?;
        let pod = &mut self.pods[number];
        let (metrics, process) = (pod.metrics, pod.process.as_mut().context("no process")?);
        answers(process, "seawall", async || Ok(http_get(metrics, "/readyz").await?.0 == 200)).await
    }

    /// Starts all, and waits until the API server can ask them.
    pub async fn start_all(&mut self) -> Result<()> {
        for number in 0..COUNT {
            self.start(number).await?;
        }
        Ok(())
    }

    /// One that runs.
    pub(super) fn process(&self, number: usize) -> Result<&Process> {
        self.pods[number].process.as_ref().context("it does not run")
    }

    /// Where it answers the API server.
    pub(super) fn listen(&self, number: usize) -> SocketAddr {
        self.pods[number].listen
    }

    /// Ends one at once, as a crash would.
    pub fn kill(&mut self, number: usize) {
        if let Some(mut process) = self.pods[number].process.take() {
            process.kill();
        }
    }

    /// Asks one to end, without waiting; what is to be waited for.
    pub fn stopping(&mut self, number: usize) -> Result<Process> {
        let mut process = self.pods[number].process.take().context("it does not run")?;
        process.terminate();
        Ok(process)
    }

    /// Those that run.
    pub fn running(&self) -> Vec<usize> {
        (0..COUNT).filter(|number| self.pods[*number].process.is_some()).collect()
    }

    /// What one says on its plain port.
    pub async fn get(&self, number: usize, path: &str) -> Result<(u16, String)> {
        http_get(self.pods[number].metrics, path).await
    }

    /// The value of a series of one of them.
    pub async fn gauge(&self, number: usize, series: &str) -> Result<i64> {
        let (_, text) = self.get(number, "/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("seawall_{series} ")));
        value.with_context(|| format!("no {series} in\n{text}"))?.parse().context("no number")
    }

    /// The one that leads, if one does.
    pub async fn leader(&self) -> Result<Option<usize>> {
        for number in self.running() {
            if self.gauge(number, "certificate_leader").await.unwrap_or(0) == 1 {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// What one of them logged.
    pub fn log(&self, number: usize) -> String {
        let file = self.plane.folder().join(format!("{}.log", self.pods[number].name));
        std::fs::read_to_string(file).unwrap_or_default()
    }

    /// The ends of all logs, for a message.
    pub fn logs(&self) -> String {
        let tail = |number| {
            let log = self.log(number);
            let lines: Vec<&str> = log.lines().collect();
            lines.get(lines.len().saturating_sub(25)..).unwrap_or_default().join("\n")
        };
        (0..COUNT).map(|number| format!("--- {number}\n{}\n", tail(number))).collect()
    }

    /// A namespace that they are asked about.
    pub async fn namespace(&self, trial: &str) -> Result<Namespace> {
        let label = [(INSTANCE.to_owned(), self.name.clone())];
        self.plane.labelled_namespace(trial, label.into()).await
    }

    /// Waits until something is so, which nothing announces.
    pub async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !condition().await? {
            if tokio::time::Instant::now() > deadline {
                bail!("never came to be: {what}\n{}", self.logs());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// How often the API server failed to get an answer, by its own count.
    pub async fn failed_calls(&self) -> Result<u64> {
        let metrics = self.plane.metrics().await?;
        let failed = |line: &&str| {
            let counted = line.starts_with("apiserver_admission_webhook_fail_open_count")
                || line.starts_with("apiserver_admission_webhook_rejection_count")
                    && line.contains("error_type=\"calling_webhook_error\"");
            counted && line.contains(&format!(".{}.seawall.dev\"", self.name))
        };
        Ok(metrics.lines().filter(failed).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }

    /// Unregisters it: with Fail and nobody who answers, nothing could be done in its namespaces.
    pub async fn unregister(&self) -> Result<()> {
        let params = DeleteParams::default();
        self.mutating().delete(&self.name, &params).await?;
        self.validating().delete(&self.name, &params).await?;
        Ok(())
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        (0..COUNT).for_each(|number| self.kill(number));
    }
}
