//! What `serve` follows in the cluster.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::values;
use crate::cluster::{Cluster, Followers, Sources};
use crate::engines::Catalogue;
use crate::metrics::Metrics;
use crate::rules;
use crate::settings::Policies;

/// What is in force, as the cluster says.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct Following {
    /// The ConfigMap whose `mode: off` lets everything through within a second, in Seawall's own namespace where none is named
    #[arg(
        long,
        value_name = "[NAMESPACE/]NAME",
        env = "SEAWALL_SWITCH",
        default_value = "seawall",
        hide_env_values = true
    )]
    pub(crate) switch: Switch,
}

/// How often is said which exemptions were used.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// A ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switch {
    namespace: Option<String>,
    name: String,
}

/// This is no name of a ConfigMap.
#[derive(Debug, thiserror::Error)]
#[error("expected the name of a ConfigMap, such as seawall or seawall-system/seawall")]
pub(crate) struct NoName;

impl FromStr for Switch {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, text),
        };
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        let is_name = |name: &str| {
            name.bytes().all(plain) && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        };
        if !is_name(name) || !namespace.as_deref().is_none_or(is_name) {
            return Err(NoName);
        }
        Ok(Self { namespace, name: name.to_owned() })
    }
}

impl Following {
    /// Begins to follow.
    pub(crate) fn begin(
        self,
        cluster: &Cluster,
        base: Policies,
        catalogue: Arc<Catalogue>,
        metrics: Arc<Metrics>,
    ) -> Followers {
        let Switch { namespace, name } = self.switch;
        let namespace = namespace.unwrap_or_else(|| cluster.own_namespace().to_owned());
        tracing::info!(namespace, name, "the ConfigMap that turns everything off");
        let sources =
            Sources { base, catalogue, rules: rules::names(), switch: (namespace, name), tell_every: TELL_EVERY };
        cluster.follow(sources, metrics, values::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_a_name_with_or_without_a_namespace() {
        let read = |text: &str| text.parse::<Switch>().ok().map(|switch| (switch.namespace, switch.name));
        assert_eq!(read("seawall"), Some((None, "seawall".to_owned())));
        assert_eq!(read("ops/off.switch"), Some((Some("ops".to_owned()), "off.switch".to_owned())));
        for text in ["", "/", "a/", "/a", "a/b/c", "A", "a?watch=1", ".."] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
