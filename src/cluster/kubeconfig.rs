//! A kubeconfig as a configuration of a client. Not kube's own way from one to the other: that takes the environment's proxy for any API
//! server, and compares `NO_PROXY` with the proxy's name.
use kube::config::{Context, ExecAuthCluster, Kubeconfig, KubeconfigError};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    ConnectError,
    proxy::{self, Proxies, Proxy},
};

/// Why a kubeconfig cannot be used.
pub(super) enum Fault {
    /// What it says itself.
    Kubeconfig(Box<dyn std::error::Error + Send + Sync>),
    /// The proxy.
    Proxy(ConnectError),
}

impl From<KubeconfigError> for Fault {
    fn from(error: KubeconfigError) -> Self {
        Self::Kubeconfig(error.into())
    }
}

/// The configuration of a context, else of the current one, and the proxy that it goes through.
pub(super) fn configured(
    kubeconfig: Kubeconfig,
    context: Option<&str>,
    proxies: &Proxies,
) -> Result<(kube::Config, Option<Proxy>), Fault> {
    let name = context.map(str::to_owned).or(kubeconfig.current_context);
    let name = name.ok_or(KubeconfigError::CurrentContextNotSet)?;
    let context = kubeconfig.contexts.into_iter().find(|c| c.name == name).and_then(|c| c.context);
    let Context { cluster, user, namespace, .. } = context.ok_or(KubeconfigError::LoadContext(name))?;
    let found = kubeconfig.clusters.into_iter().find(|c| c.name == cluster).and_then(|c| c.cluster);
    let cluster = found.ok_or(KubeconfigError::LoadClusterOfContext(cluster))?;
    // Nobody at all is a user, too, as for kubectl.
    let user = kubeconfig.auth_infos.into_iter().find(|u| Some(&u.name) == user.as_ref()).and_then(|u| u.auth_info);
    let mut user = user.unwrap_or_default();
    let told = ExecAuthCluster::try_from(&cluster)?;
    let server = cluster.server.as_deref().ok_or(KubeconfigError::MissingClusterUrl)?;
    let mut config = kube::Config::new(server.parse().map_err(KubeconfigError::ParseClusterUrl)?);
    if let Some(pem) = &told.certificate_authority_data {
        let certificates = CertificateDer::pem_slice_iter(pem).map(|one| one.map(|one| one.to_vec()));
        let certificates: Result<Vec<_>, _> = certificates.collect();
        config.root_cert = Some(certificates.map_err(|error| Fault::Kubeconfig(error.into()))?);
    }
    if let Some(exec) = user.exec.as_mut().filter(|exec| exec.provide_cluster_info) {
        exec.cluster = Some(told);
    }
    let proxy = proxy::to(&config.cluster_url, cluster.proxy_url.as_deref(), proxies).map_err(Fault::Proxy)?;
    config.proxy_url = proxy.as_ref().map(|proxy| proxy.url.clone());
    config.default_namespace = namespace.unwrap_or(config.default_namespace);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name;
    config.auth_info = user;
    Ok((config, proxy))
}
