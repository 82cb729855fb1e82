//! Arguments that several sub-commands share, and the values they take.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::output::helped;
use crate::cluster::{Cluster, Proxies};
use crate::engines::Catalogue;
use crate::facts::Seconds;
use crate::rules;
use crate::settings::{KnownNames, Policies};
use crate::terms::Profile;

/// What judging a manifest depends on, the same for `serve` and `check`.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct Judging {
    /// What to do about findings, and whether to mend, where no policy singles anything out [default: the settings' profile, else baseline]
    #[arg(long, value_name = "PROFILE", env = "SEAWALL_PROFILE", value_parser = profile(), hide_env_values = true)]
    pub(crate) profile: Option<Profile>,

    /// Settings: a YAML file of DatabasePolicies, or a folder of such files
    #[arg(long, value_name = "FILE|DIR", env = "SEAWALL_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    pub(crate) engines: Option<PathBuf>,

    /// The Kubernetes version to judge for
    #[arg(
        long,
        value_name = "VERSION",
        env = "SEAWALL_KUBERNETES_VERSION",
        default_value = "1.36",
        hide_env_values = true
    )]
    pub(crate) kubernetes_version: KubernetesVersion,
}

/// The names of the profiles, from the most lenient to the strictest.
const PROFILES: [&str; 4] = ["observe", "advise", "baseline", "production"];

/// Knowing the names, clap completes them, lists them and suggests the nearest.
pub(crate) fn profile() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(PROFILES).try_map(|name| name.parse::<Profile>())
}

/// Where the settings are explained.
const SHOWN: &str = "docs/settings.md shows the whole document";

/// What the environment says about proxies, in the spelling that kubectl prefers: the upper case.
pub(crate) fn proxies() -> Proxies {
    let of = |names: [&str; 2]| {
        #[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
        let mut set = names.into_iter().filter_map(|name| std::env::var(name).ok());
        set.find(|value| !value.is_empty())
    };
    Proxies {
        http: of(["HTTP_PROXY", "http_proxy"]),
        https: of(["HTTPS_PROXY", "https_proxy"]),
        no: of(["NO_PROXY", "no_proxy"]),
    }
}

impl Judging {
    /// The engines that are known: ours, and those of `--engines`.
    pub(crate) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        catalogue(self.engines.as_deref())
    }

    /// The policies of `--config`, and `--profile`.
    pub(crate) fn policies(&self, catalogue: &Catalogue) -> anyhow::Result<Policies> {
        policies(self.config.as_deref(), self.profile, catalogue)
    }

    /// The same for a server, whose settings may be shared with a newer version: a rule that this one does not know is no reason not to
    /// start. Also what is left out, in words.
    pub(crate) fn shared_policies(&self, catalogue: &Catalogue) -> anyhow::Result<(Policies, Vec<String>)> {
        let Some(path) = &self.config else { return Ok((Policies::none(self.profile), Vec::new())) };
        let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
        Policies::load_shared(path, self.profile, known).map_err(|e| helped(e, SHOWN))
    }
}

/// The engines that are known: ours, and those of a folder.
pub(crate) fn catalogue(folder: Option<&Path>) -> anyhow::Result<Catalogue> {
    let folders: Vec<PathBuf> = folder.map(Path::to_owned).into_iter().collect();
    Catalogue::with_folders(&folders).map_err(|e| helped(e, "docs/engine-files.md shows what an engine file says"))
}

/// The policies of a file or folder, beside the profile of the command line.
pub(crate) fn policies(
    config: Option<&Path>,
    profile: Option<Profile>,
    catalogue: &Catalogue,
) -> anyhow::Result<Policies> {
    let Some(path) = config else { return Ok(Policies::none(profile)) };
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    Policies::load(path, profile, known).map_err(|e| helped(e, SHOWN))
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
pub(crate) fn now() -> Seconds {
    jiff::Timestamp::now().as_second()
}

/// A minor version of Kubernetes, such as 1.36. Ordered by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KubernetesVersion {
    /// The 1 of 1.36.
    pub(crate) major: u16,
    /// The 36 of 1.36.
    pub(crate) minor: u16,
}

/// This is not a version of Kubernetes.
#[derive(Debug, thiserror::Error)]
#[error("not a version like 1.36")]
pub(crate) struct NotAVersion;

impl FromStr for KubernetesVersion {
    type Err = NotAVersion;

    /// Reads `1.36` and what `kubectl version` prints, such as `v1.36.2` or `v1.36.2-eks-1a2b3c4`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let mut number = || {
            let digits = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok()).ok_or(NotAVersion)
        };
        Ok(Self { major: number()?, minor: number()? })
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The cluster of a kubeconfig; `help` is said where the error has no better one.
pub(crate) fn cluster(kubeconfig: &Path, help: &str) -> anyhow::Result<Cluster> {
    Cluster::from_kubeconfig(kubeconfig, &proxies()).map_err(|error| {
        let help = error.help().unwrap_or_else(|| help.to_owned());
        helped(error, help)
    })
}

/// Waits for something, in a command that does nothing else meanwhile.
pub(crate) fn wait_for<F: Future>(work: F) -> anyhow::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.context("failed to start the runtime")?.block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_listed() {
        let names: Vec<&str> = Profile::ALL.iter().map(|p| p.as_str()).collect();
        assert_eq!(names, PROFILES);
    }

    #[test]
    fn versions() {
        for (text, expected) in [
            ("1.36", Some((1, 36))),
            ("v1.36", Some((1, 36))),
            ("v1.36.2", Some((1, 36))),
            ("v1.33.4-eks-1a2b3c4", Some((1, 33))),
            ("1.9", Some((1, 9))),
            ("1", None),
            ("1.", None),
            (".36", None),
            ("1.+36", None),
            ("latest", None),
            ("", None),
            ("1.99999", None),
        ] {
            let read = text.parse::<KubernetesVersion>().ok().map(|version| (version.major, version.minor));
            assert_eq!(read, expected, "{text:?}");
        }
        assert!("1.9".parse::<KubernetesVersion>().unwrap() < "1.36".parse().unwrap());
    }
}
