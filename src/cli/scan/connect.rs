//! The way to the API server, and what to do where there is none.

use std::path::Path;

use crate::cli::output::helped;
use crate::cli::values::{self, KubernetesVersion};
use crate::cluster::inventory::{Lack, Scope};
use crate::cluster::{Cluster, ConnectError, Connected};

use super::Args;

/// Connects; nothing is asked yet.
pub(super) fn to(args: &Args) -> anyhow::Result<Connected> {
    open(args.kubeconfig.as_deref(), args.context.as_deref())
}

/// Connects as a kubeconfig says; nothing is asked yet.
pub(in crate::cli) fn open(kubeconfig: Option<&Path>, context: Option<&str>) -> anyhow::Result<Connected> {
    let connected = Cluster::of_person(kubeconfig, context, &values::proxies());
    connected.map_err(|error| {
        let help = match &error {
            ConnectError::Nowhere => "give --kubeconfig FILE, or set KUBECONFIG to one".to_owned(),
            ConnectError::NoContext { known, .. } if known.is_empty() => {
                "the kubeconfig has no context at all: give --kubeconfig FILE with one".to_owned()
            }
            ConnectError::NoContext { known, .. } => {
                format!("give --context with one of {}", known.join(", "))
            }
            other => other
                .help()
                .unwrap_or_else(|| "give --kubeconfig FILE that `kubectl get namespaces` works with".to_owned()),
        };
        helped(error, help)
    })
}

/// The API server's version, where it says it; the first thing that is asked.
pub(in crate::cli) async fn version(connected: &Connected) -> anyhow::Result<Option<KubernetesVersion>> {
    match connected.cluster.minor_version().await {
        Ok(minor) => Ok(minor.map(|minor| KubernetesVersion { major: 1, minor })),
        Err(error) if error.is_unauthenticated() => Err(helped(
            anyhow::anyhow!("the API server at {} does not accept these credentials", connected.server),
            "log in again, or give --context with another user",
        )),
        // Not everybody may ask for it.
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(helped(
            anyhow::Error::new(error).context(format!(
                "failed to reach the API server at {}{}",
                connected.server,
                via(connected)
            )),
            match connected.proxy {
                Some(_) => "see whether the proxy lets you through; NO_PROXY names what is reached without one",
                None => "see whether it is up: --kubeconfig and --context say which one is asked",
            },
        )),
    }
}

/// Nothing at all could be listed.
pub(super) fn nothing(lack: Lack, scope: &Scope) -> anyhow::Error {
    let (resource, is_forbidden) = (lack.sort.resource(), lack.error.is_forbidden());
    let help = match scope {
        _ if lack.error.is_unauthenticated() => "log in again, or give --context with another user",
        _ if !is_forbidden => "see whether the API server is well, and try again",
        Scope::All => {
            "look into one namespace with -n NAMESPACE, or ask for a ClusterRole that may list, such as `view`"
        }
        Scope::Namespace(_) => "ask for a role that may list in this namespace, such as the ClusterRole `view`",
    };
    let what = format!("nothing can be read: failed to list {resource}{}", within(scope));
    helped(anyhow::Error::new(lack.error).context(what), help)
}

/// ` through the proxy at proxy:3128 (HTTPS_PROXY)`.
fn via(connected: &Connected) -> String {
    connected.proxy.as_ref().map_or_else(String::new, |proxy| format!(" through the proxy at {proxy}"))
}

/// The namespace in scope is none.
pub(in crate::cli) fn no_namespace(name: &str, connected: &Connected) -> anyhow::Error {
    helped(
        anyhow::anyhow!("there is no namespace {name:?} at {}", connected.server),
        "give -n NAMESPACE that `kubectl get namespaces` lists, or -A for all of them",
    )
}

/// ` in all namespaces`.
pub(super) fn within(scope: &Scope) -> String {
    match scope {
        Scope::All => " in all namespaces".to_owned(),
        Scope::Namespace(name) => format!(" in namespace {name}"),
    }
}
