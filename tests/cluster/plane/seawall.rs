//! Seawall itself: the program, as an installation runs it, registered with the API
//! server through a Service, so that it is called as in production (HTTP/1.1, server
//! name `seawall.seawall-system.svc`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Service};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use seawall::cluster::registration::Registration;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::doorway::Doorway;
use super::launch::{answers, free_ports, loopback};
use super::process::Process;
use super::webhooks::{self, INSTANCE, NAMESPACE, SERVICE};
use super::{Namespace, Plane, access};

/// How long the API server may take to notice a new webhook configuration.
pub(super) const PROPAGATION: Duration = Duration::from_secs(30);

/// Which namespaces a Seawall is asked about.
#[derive(Clone, Copy)]
pub enum Reach {
    /// All, as in production. One at a time on one control plane.
    Cluster,
    /// Those that [`Seawall::namespace`] makes, so that several profiles can run side by side.
    OwnNamespaces,
}

/// A serving certificate made elsewhere.
pub struct Tls {
    /// The PEM file of the CA.
    pub ca: PathBuf,
    /// The PEM file of the certificate for `seawall.seawall-system.svc`.
    pub certificate: PathBuf,
    /// The PEM file of its key.
    pub key: PathBuf,
}

/// How to run Seawall.
pub struct Options {
    /// The program.
    pub binary: PathBuf,
    /// `--profile`.
    pub profile: String,
    /// `--config`; none leaves the flag out.
    pub settings: Option<PathBuf>,
    /// None: a certificate of the control plane's own CA.
    pub tls: Option<Tls>,
    /// Which namespaces it guards.
    pub reach: Reach,
    /// Further arguments of `serve`.
    pub more: Vec<String>,
    /// Its environment; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// `--kubeconfig`; None: that of Seawall's own user.
    pub kubeconfig: Option<PathBuf>,
    /// Whether the API server calls it through a [`Doorway`].
    pub door: bool,
}

/// A running Seawall. Dropping it ends the process at once and leaves it registered, which
/// harms nobody else's namespaces; [`Seawall::stop`] unregisters it too.
pub struct Seawall {
    pub(super) plane: Arc<Plane>,
    pub(super) options: Options,
    tls: Tls,
    kubeconfig: PathBuf,
    pub(super) instance: Option<String>,
    /// Where reviews go.
    pub listen: SocketAddr,
    /// Where metrics and health are.
    pub metrics: SocketAddr,
    /// What its callers come through, if they do.
    pub door: Option<Doorway>,
    process: Option<Process>,
}

impl Seawall {
    /// Starts it, waits until it is ready, registers it, and waits until the API server
    /// calls it.
    pub async fn start(plane: &Arc<Plane>, options: Options) -> Result<Self> {
        let [listen, metrics] = free_ports()?;
        let instance = match options.reach {
            Reach::Cluster => None,
            Reach::OwnNamespaces => Some(plane.unique(&options.profile)),
        };
        let name = webhooks::configuration_name(instance.as_deref());
        let tls = match &options.tls {
            Some(tls) => Tls { ca: tls.ca.clone(), certificate: tls.certificate.clone(), key: tls.key.clone() },
            None => plane.certificate_for(&name)?,
        };
        access::grant(&plane.client()).await?;
        let kubeconfig = match &options.kubeconfig {
            Some(kubeconfig) => kubeconfig.clone(),
            None => plane.kubeconfig(access::USER, None)?,
        };
        let (listen, metrics) = (loopback(listen), loopback(metrics));
        let door = if options.door { Some(Doorway::open(listen).await?) } else { None };
        let plane = Arc::clone(plane);
        let mut seawall = Self { plane, options, tls, kubeconfig, instance, listen, metrics, door, process: None };
        seawall.run().await?;
        seawall.register().await?;
        Ok(seawall)
    }

    /// Starts the program, again after [`Seawall::kill`], on the same ports.
    pub async fn run(&mut self) -> Result<()> {
        let mut command = Command::new(&self.options.binary);
        command
            .env_clear()
            .envs(self.options.environment.iter().cloned())
            .arg("serve")
            .arg("--tls-cert")
            .arg(&self.tls.certificate)
            .arg("--tls-key")
            .arg(&self.tls.key)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(["--profile", &self.options.profile])
            .args(["--listen", &self.listen.to_string()])
            .args(["--metrics-listen", &self.metrics.to_string()]);
        if let Some(settings) = &self.options.settings {
            command.arg("--config").arg(settings);
        }
        command.args(&self.options.more);
        let name = webhooks::configuration_name(self.instance.as_deref());
        let metrics = self.metrics;
        let mut process = Process::spawn(&self.plane.guardian, &name, self.plane.folder(), command)?;
        answers(&mut process, "seawall", async || Ok(http_get(metrics, "/readyz").await?.0 == 200)).await?;
        self.process = Some(process);
        Ok(())
    }

    /// A fresh namespace that this Seawall guards.
    pub async fn namespace(&self, trial: &str) -> Result<Namespace> {
        let label = self.instance.iter().map(|instance| (INSTANCE.to_owned(), instance.clone()));
        self.plane.labelled_namespace(trial, label.collect()).await
    }

    /// The name of its `mutate` or `validate` webhook, as denials quote it.
    pub fn webhook_name(&self, verb: &str) -> String {
        webhooks::webhook_name(verb, self.instance.as_deref())
    }

    /// Its process id.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// What it logged, at most the last `lines` lines of all its lives.
    pub fn log_tail(&self, lines: usize) -> String {
        self.process.as_ref().map(|process| process.log_tail(lines)).unwrap_or_default()
    }

    /// Its certificate files, which a test may replace while it runs.
    pub fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Its metrics as text.
    pub async fn scrape(&self) -> Result<String> {
        let (status, text) = http_get(self.metrics, "/metrics").await?;
        if status != 200 {
            bail!("/metrics answered {status}");
        }
        Ok(text)
    }

    /// Ends the process at once; the registration stays, as after a crash.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Asks the process to end; answers whether it did so by itself before `patience` was over.
    pub fn terminate(&mut self, patience: Duration) -> bool {
        self.process.take().is_none_or(|mut process| process.stop_within(patience))
    }

    /// Unregisters it, then ends it: the order of an uninstallation. It ends at once,
    /// since a drain would wait for calls that nobody makes any more.
    pub async fn stop(mut self) -> Result<()> {
        let name = webhooks::configuration_name(self.instance.as_deref());
        let params = DeleteParams::default();
        let client = self.plane.client();
        Api::<MutatingWebhookConfiguration>::all(client.clone()).delete(&name, &params).await?;
        Api::<ValidatingWebhookConfiguration>::all(client).delete(&name, &params).await?;
        self.kill();
        Ok(())
    }

    async fn register(&self) -> Result<()> {
        let client = self.plane.client();
        self.plane.ensure_namespace(NAMESPACE, BTreeMap::new()).await?;
        let params = PatchParams::apply("plane").force().validation_strict();
        make_service(&client).await?;

        let ca = std::fs::read(&self.tls.ca).context("failed to read the CA")?;
        let name = webhooks::configuration_name(self.instance.as_deref());
        let registration = Registration {
            name: name.clone(),
            port: self.door.as_ref().map_or(self.listen.port(), |door| door.port),
            ca: Some(ca),
            ..Registration::default()
        };
        let (mutating, mut validating) = webhooks::configurations(&registration, self.instance.as_deref());
        if self.door.is_some() {
            // Who hangs up must know that no call is under way.
            webhooks::leave_out_cluster_wide(&mut validating);
        }
        let api: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
        api.patch(&name, &params, &Patch::Apply(mutating)).await.context("failed to register /mutate")?;
        let api: Api<ValidatingWebhookConfiguration> = Api::all(client);
        api.patch(&name, &params, &Patch::Apply(validating)).await.context("failed to register /validate")?;
        self.in_effect().await
    }

    /// Waits until the API server has called both webhooks and got an answer from both,
    /// by what its own metrics say. Nothing announces that a configuration is in effect.
    async fn in_effect(&self) -> Result<()> {
        let namespace = self.namespace("probe").await?;
        let claims: Api<PersistentVolumeClaim> = namespace.api();
        let probe: PersistentVolumeClaim = serde_json::from_value(json!({
            "metadata": {"name": "probe"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }))?;
        let dry_run = PostParams { dry_run: true, ..PostParams::default() };
        let names = ["mutate", "validate"].map(|verb| format!("name=\"{}\"", self.webhook_name(verb)));
        let called = async || -> Result<bool> {
            // A refusal is an answer too.
            let _ = claims.create(&dry_run, &probe).await;
            let text = self.plane.metrics().await?;
            let answered = |name: &String| {
                text.lines().any(|line| {
                    line.starts_with("apiserver_admission_webhook_request_total")
                        && line.contains("code=\"200\"")
                        && line.contains(name.as_str())
                })
            };
            Ok(names.iter().all(answered))
        };
        let deadline = tokio::time::Instant::now() + PROPAGATION;
        while !called().await? {
            if tokio::time::Instant::now() > deadline {
                bail!(
                    "the API server does not call seawall after {PROPAGATION:?}; its log ends:\n{}",
                    self.log_tail(20)
                );
            }
        }
        Ok(())
    }
}

impl Drop for Seawall {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes the Service that all entries call.
pub(super) async fn make_service(client: &kube::Client) -> Result<()> {
    let params = PatchParams::apply("plane").force().validation_strict();
    // It is another name for localhost: the API server resolves it by the same code as a real one, where a `url` on
    // loopback would be spoken to in HTTP/2.
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": SERVICE, "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    let services: Api<Service> = Api::namespaced(client.clone(), NAMESPACE);
    services.patch(SERVICE, &params, &Patch::Apply(service)).await.context("failed to make the Service")?;
    Ok(())
}

/// GET by plain HTTP: status and body.
pub async fn http_get(address: SocketAddr, path: &str) -> Result<(u16, String)> {
    let mut stream = tokio::net::TcpStream::connect(address).await.context("no connection")?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("failed to send")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.context("failed to receive")?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no HTTP status")?;
    Ok((status, body.to_owned()))
}
