//! Starting the servers of the control plane, and stopping them in the order that works.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::binaries::Binaries;
use super::pki::{self, Authority, Identity};
use super::process::{Guardian, PATIENCE, Process};
use super::seawall::http_get;
use super::watch::wait_for;

/// How long a server may take to answer for the first time.
const STARTUP: Duration = Duration::from_secs(90);
/// Between two looks at whether a server answers: it cannot be watched before it does.
const GLANCE: Duration = Duration::from_millis(50);

/// The running servers.
pub(super) struct Servers {
    etcd: Process,
    apiserver: Process,
    controllers: Vec<Process>,
    /// The API server's program and arguments.
    again: (PathBuf, Vec<String>),
}

/// What a started control plane is reached by.
pub(super) struct Launched {
    pub(super) servers: Servers,
    pub(super) client: kube::Client,
    pub(super) address: String,
}

/// Starts everything, once more if a server ended: another program may have taken a
/// port between the moment it was found free and the moment it was used.
pub(super) async fn launch(
    binaries: &Binaries,
    guardian: &Arc<Guardian>,
    authority: &Authority,
    folder: &Path,
) -> Result<Launched> {
    write_keys(authority, folder)?;
    match attempt(binaries, guardian, authority, folder).await {
        Ok(launched) => Ok(launched),
        Err(error) => {
            eprintln!("control plane: {error:#}\ncontrol plane: trying once more, on other ports");
            attempt(binaries, guardian, authority, folder).await
        }
    }
}

async fn attempt(
    binaries: &Binaries,
    guardian: &Arc<Guardian>,
    authority: &Authority,
    folder: &Path,
) -> Result<Launched> {
    let [client_port, peer_port, port] = free_ports()?;
    let data = tempfile::tempdir_in(folder).context("no folder for etcd")?.keep();
    let spawn = |name: &str, program: &Path, args: Vec<String>| {
        let mut command = Command::new(program);
        // An API server honours HTTPS_PROXY when it calls webhooks: nothing is inherited.
        command.env_clear().env("HOME", folder).current_dir(folder).args(args);
        Process::spawn(guardian, name, folder, command)
    };

    let mut etcd = spawn("etcd", &binaries.etcd, etcd_args(&data, client_port, peer_port))?;
    answers(&mut etcd, "etcd", async || Ok(http_get(loopback(client_port), "/health").await?.0 == 200)).await?;

    let mut apiserver = spawn("kube-apiserver", &binaries.apiserver, apiserver_args(folder, client_port, port))?;
    let address = format!("https://127.0.0.1:{port}");
    let admin = authority.client("admin", Some("system:masters"))?;
    let config = kubeconfig(&address, authority, &admin);
    pki::write(&folder.join("admin.kubeconfig"), &config)?;
    let client = connect(&config).await?;
    answers(&mut apiserver, "kube-apiserver", async || {
        let request = hyper::http::Request::get("/readyz").body(Vec::new())?;
        Ok(client.request_text(request).await.is_ok())
    })
    .await?;

    let mut controllers = Vec::new();
    for (name, user, program, args) in [
        ("kube-scheduler", "system:kube-scheduler", &binaries.scheduler, scheduler_args()),
        (
            "kube-controller-manager",
            "system:kube-controller-manager",
            &binaries.controller_manager,
            controller_manager_args(),
        ),
    ] {
        let config = kubeconfig(&address, authority, &authority.client(user, None)?);
        pki::write(&folder.join(format!("{name}.kubeconfig")), &config)?;
        controllers.push(spawn(name, program, args)?);
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    if let Err(error) = wait_for(&accounts, "default", "the controllers' first work", |found| found.map(|_| ())).await {
        for process in &mut controllers {
            process.check_alive()?;
        }
        return Err(error);
    }
    let again = (binaries.apiserver.clone(), apiserver_args(folder, client_port, port));
    Ok(Launched { servers: Servers { etcd, apiserver, controllers, again }, client, address })
}

impl Servers {
    /// Stops clients before servers: an API server whose etcd is gone does not end by
    /// itself, and controllers whose API server is gone fill their logs.
    pub(super) fn stop(&mut self) {
        self.controllers.iter_mut().for_each(Process::terminate);
        for process in self.controllers.iter_mut().chain([&mut self.apiserver, &mut self.etcd]) {
            process.stop_within(PATIENCE);
        }
    }

    /// Ends the API server and starts it again.
    pub(super) fn restart_api_server(&mut self, guardian: &Arc<Guardian>, folder: &Path) -> Result<()> {
        self.apiserver.stop_within(PATIENCE);
        let (program, args) = &self.again;
        let mut command = Command::new(program);
        command.env_clear().env("HOME", folder).current_dir(folder).args(args);
        self.apiserver = Process::spawn(guardian, "kube-apiserver", folder, command)?;
        Ok(())
    }

    /// Where all objects are.
    pub(super) fn etcd(&self) -> &Process {
        &self.etcd
    }

    /// The API server, for tests that look at it from outside.
    pub(super) fn apiserver(&mut self) -> &mut Process {
        &mut self.apiserver
    }
}

/// A kubeconfig with everything inside it. JSON is YAML.
pub(super) fn kubeconfig(address: &str, authority: &Authority, identity: &Identity) -> String {
    use base64::Engine as _;
    let inline = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": {
            "server": address,
            "certificate-authority-data": inline(&authority.certificate),
        }}],
        "users": [{"name": "user", "user": {
            "client-certificate-data": inline(&identity.certificate),
            "client-key-data": inline(&identity.key),
        }}],
        "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": "user"}}],
        "current-context": "plane",
    })
    .to_string()
}

/// A client for a kubeconfig given as text.
pub(super) async fn connect(kubeconfig: &str) -> Result<kube::Client> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).context("our own kubeconfig does not parse")?;
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    config.proxy_url = None;
    kube::Client::try_from(config).context("failed to make a client")
}

/// Ports of the loopback address that nobody listens on. All are held until all are
/// known, so they differ.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind(loopback(0)).context("no free port")?;
        *port = listener.local_addr().context("a listener without an address")?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// A port of the loopback address.
pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Waits until `ask` says yes; fails when the process ends or time is up.
pub(super) async fn answers(process: &mut Process, name: &str, ask: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + STARTUP;
    loop {
        process.check_alive()?;
        if matches!(ask().await, Ok(true)) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("{name} does not answer after {STARTUP:?}:\n{}", process.log_tail(20));
        }
        tokio::time::sleep(GLANCE).await;
    }
}

fn write_keys(authority: &Authority, folder: &Path) -> Result<()> {
    let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    authority.server("kube-apiserver", &names)?.write(folder, "apiserver")?;
    pki::write(&folder.join("ca.crt"), &authority.certificate)?;
    pki::write_token_keys(folder)
}

fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

fn etcd_args(data: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    vec![
        format!("--data-dir={}", data.display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // The data is thrown away at the end: no need to wait for a disk.
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ]
}

fn apiserver_args(folder: &Path, etcd: u16, port: u16) -> Vec<String> {
    let mut args = strings(&[
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--tls-cert-file=apiserver.crt",
        "--tls-private-key-file=apiserver.key",
        "--client-ca-file=ca.crt",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=accounts.pub",
        "--service-account-signing-key-file=accounts.key",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        "--profiling=false",
    ]);
    args.push(format!("--cert-dir={}", folder.display()));
    args.push(format!("--etcd-servers=http://127.0.0.1:{etcd}"));
    args.push(format!("--secure-port={port}"));
    args
}

fn controller_manager_args() -> Vec<String> {
    strings(&[
        "--kubeconfig=kube-controller-manager.kubeconfig",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        "--service-account-private-key-file=accounts.key",
        "--root-ca-file=ca.crt",
        // Nobody renews the node's lease, so nothing may conclude that it is gone.
        "--controllers=*,-node-lifecycle-controller,-node-ipam-controller,-taint-eviction-controller",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ])
}

fn scheduler_args() -> Vec<String> {
    strings(&[
        "--kubeconfig=kube-scheduler.kubeconfig",
        "--secure-port=0",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
    ])
}
