//! A real Kubernetes control plane on loopback: etcd, kube-apiserver,
//! kube-controller-manager and kube-scheduler, without a kubelet.
//!
//! Everything it writes is in one temporary folder, everything it starts is stopped when
//! it is dropped or when its owner dies (see [`process`]), and it neither reads nor
//! touches anybody's kubeconfig.

pub mod access;
mod binaries;
pub mod certificates;
pub mod doorway;
pub mod faults;
mod guard;
pub mod harm;
pub mod helm;
pub mod hosted;
pub mod kubectl;
pub mod launch;
pub mod node;
pub mod pki;
pub mod port;
pub mod process;
pub mod replicas;
mod rights;
pub mod seawall;
pub mod storage;
pub mod watch;
pub mod webhooks;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{Namespace as CoreNamespace, ServiceAccount};
use kube::api::{Api, ApiResource, DynamicObject, ObjectMeta, PostParams};
use tempfile::TempDir;

use kubectl::{Kubectl, Output};
use pki::Authority;
use process::{Guardian, PATIENCE};
use watch::wait_for;

/// A running control plane. Dropping it stops it.
pub struct Plane {
    // Dropped in this order: what depends on something goes before it.
    provisioner: storage::Provisioner,
    servers: Mutex<launch::Servers>,
    client: kube::Client,
    kubectl: Kubectl,
    authority: Authority,
    address: String,
    namespaces: AtomicUsize,
    guardian: Arc<Guardian>,
    folder: TempDir,
}

impl Plane {
    /// Starts a control plane and waits until it serves: API server ready, controllers
    /// running, one node, the classes of [`storage`] in place.
    pub async fn start() -> Result<Self> {
        let mut folder = tempfile::Builder::new().prefix("seawall-plane-").tempdir().context("no temporary folder")?;
        // The logs of a run that went wrong are worth keeping when somebody asks for them.
        let keep = std::env::var_os("SEAWALL_KEEP_LOGS").is_some();
        folder.disable_cleanup(keep);
        if keep {
            eprintln!("control plane: logs stay in {}", folder.path().display());
        }
        let guardian = Guardian::start((!keep).then_some(folder.path()), PATIENCE)?;
        let binaries = binaries::Binaries::provide(&guardian, folder.path()).await?;
        let authority = Authority::new("control plane of one test run")?;
        let launch::Launched { servers, client, address } =
            launch::launch(&binaries, &guardian, &authority, folder.path()).await?;
        let kubectl = Kubectl::new(&binaries.kubectl, &folder.path().join("admin.kubeconfig"), folder.path());
        node::register(&client).await?;
        storage::create_classes(&client).await?;
        let provisioner = storage::Provisioner::start(client.clone());
        let namespaces = AtomicUsize::new(0);
        let servers = Mutex::new(servers);
        Ok(Self { provisioner, servers, client, kubectl, authority, address, namespaces, guardian, folder })
    }

    /// A client with every right.
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// The minor version of its Kubernetes, such as 36.
    pub async fn minor(&self) -> Result<u32> {
        let version = self.client.apiserver_version().await.context("the API server does not say its version")?;
        version.minor.parse().with_context(|| format!("{:?} is no minor version", version.minor))
    }

    /// Ends the API server, and starts it again on the same port, with what etcd holds. It does not wait until it answers.
    pub fn restart_api_server(&self) -> Result<()> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.restart_api_server(&self.guardian, self.folder.path())
    }

    /// Has etcd answer nobody for a while, with pauses, so that whoever waits goes on: a slow disk, or an election.
    pub async fn slow_etcd(&self, turns: u32, away: Duration, pause: Duration) {
        let etcd = |order: fn(&process::Process)| {
            order(self.servers.lock().unwrap_or_else(PoisonError::into_inner).etcd());
        };
        for _ in 0..turns {
            etcd(process::Process::freeze);
            tokio::time::sleep(away).await;
            etcd(process::Process::thaw);
            tokio::time::sleep(pause).await;
        }
    }

    /// Runs kubectl with every right.
    pub async fn kubectl(&self, args: &[&str]) -> Result<Output> {
        self.kubectl.run(args, None).await
    }

    /// Runs kubectl with `input` on its standard input, for `-f -`.
    pub async fn kubectl_with(&self, args: &[&str], input: &str) -> Result<Output> {
        self.kubectl.run(args, Some(input)).await
    }

    /// A kubeconfig for a user whom the API server knows by certificate; what the user
    /// may do is a matter of RBAC (the group `system:masters` may do everything).
    pub fn kubeconfig(&self, user: &str, group: Option<&str>) -> Result<PathBuf> {
        // One file per call: another trial may read its own right now.
        let file = self.folder.path().join(format!("{}.kubeconfig", self.unique(user)));
        let identity = self.authority.client(user, group)?;
        pki::write(&file, &launch::kubeconfig(&self.address, &self.authority, &identity))?;
        Ok(file)
    }

    /// kubectl as such a user.
    pub fn kubectl_as(&self, user: &str, group: Option<&str>) -> Result<Kubectl> {
        Ok(self.kubectl.with_kubeconfig(&self.kubeconfig(user, group)?))
    }

    /// Where its API server listens, as an address with a port.
    pub fn address(&self) -> &str {
        self.address.trim_start_matches("https://")
    }

    /// Where logs, keys and caches of this run are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into this folder, under a name of its own that ends with `name`.
    pub fn file(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(format!("{}-{name}", self.unique("file")));
        pki::write(&path, content)?;
        Ok(path)
    }

    /// A name that no other trial of this run has.
    fn unique(&self, trial: &str) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let stem: String = trial.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
        format!("{}-{number}", stem.trim_matches('-').to_ascii_lowercase())
    }

    /// Makes a fresh namespace for a trial and waits until Pods can be created in it.
    pub async fn namespace(&self, trial: &str) -> Result<Namespace> {
        self.labelled_namespace(trial, BTreeMap::new()).await
    }

    /// The same with labels, which put it into the reach of a webhook.
    pub async fn labelled_namespace(&self, trial: &str, labels: BTreeMap<String, String>) -> Result<Namespace> {
        let name = self.unique(trial);
        self.ensure_namespace(&name, labels).await?;
        Ok(Namespace { name, client: self.client(), kubectl: self.kubectl.clone() })
    }

    /// Makes a namespace of this very name unless it exists, and waits until it is usable.
    pub async fn ensure_namespace(&self, name: &str, labels: BTreeMap<String, String>) -> Result<()> {
        let metadata = ObjectMeta { name: Some(name.to_owned()), labels: Some(labels), ..ObjectMeta::default() };
        let namespace = CoreNamespace { metadata, ..CoreNamespace::default() };
        match Api::all(self.client()).create(&PostParams::default(), &namespace).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => return Err(error).with_context(|| format!("failed to create namespace {name}")),
        }
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), name);
        let what = format!("the default service account of namespace {name}");
        wait_for(&accounts, "default", &what, |account| account.map(|_| ())).await
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.provisioner.stop();
        self.servers.get_mut().unwrap_or_else(PoisonError::into_inner).stop();
    }
}

/// One namespace, for one trial.
#[derive(Clone)]
pub struct Namespace {
    name: String,
    client: kube::Client,
    kubectl: Kubectl,
}

impl Namespace {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The objects of one kind in it.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// The objects of a kind that is known by name only.
    pub fn objects(&self, definition: &ApiResource) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.name, definition)
    }

    /// Runs kubectl in it.
    pub async fn kubectl(&self, args: &[&str]) -> Result<Output> {
        self.run(args, None).await
    }

    /// Runs kubectl in it with `input` on its standard input, for `-f -`.
    pub async fn kubectl_with(&self, args: &[&str], input: &str) -> Result<Output> {
        self.run(args, Some(input)).await
    }

    /// `kubectl apply -f -`, which must succeed.
    pub async fn apply(&self, manifest: &str) -> Result<String> {
        self.kubectl_with(&["apply", "-f", "-"], manifest).await?.succeeded()
    }

    /// Runs a command line that says `kubectl`, as somebody who copies it into a shell.
    pub async fn shell(&self, line: &str) -> Result<Output> {
        self.kubectl.shell(line).await
    }

    /// Another namespace, which must exist, seen by the same user.
    pub fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self.clone() }
    }

    /// The same namespace as somebody else sees it.
    pub fn with_kubectl(&self, kubectl: Kubectl) -> Self {
        Self { kubectl, ..self.clone() }
    }

    async fn run(&self, args: &[&str], input: Option<&str>) -> Result<Output> {
        let all: Vec<&str> = ["--namespace", &self.name].into_iter().chain(args.iter().copied()).collect();
        self.kubectl.run(&all, input).await
    }
}
