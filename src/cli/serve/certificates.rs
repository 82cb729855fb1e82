//! The two ways to a certificate: files that somebody else renews, or a Secret that Seawall looks after.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::cli::output::helped;
use crate::cluster::{Cluster, LeaseTimes};
use crate::metrics::Metrics;
use crate::pki::Service;
use crate::pki::managed::{Farewell, Keeper, Settings, Times};
use crate::server::{Files, Identity, Tls};

/// Where the certificate comes from.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("certificate").required(true).multiple(true).args(["tls_cert", "tls_secret"]))]
pub(crate) struct Certificates {
    /// The serving certificate, with its chain, as PEM
    #[arg(
        long,
        value_name = "FILE",
        env = "SEAWALL_TLS_CERT",
        hide_env_values = true,
        requires = "tls_key",
        conflicts_with = "tls_secret"
    )]
    tls_cert: Option<PathBuf>,

    /// The serving certificate's private key, as PEM
    #[arg(long, value_name = "FILE", env = "SEAWALL_TLS_KEY", hide_env_values = true, requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Look after a CA and a certificate in this Secret, which is made if there is none
    #[arg(
        long,
        value_name = "NAME",
        env = "SEAWALL_TLS_SECRET",
        hide_env_values = true,
        requires_all = ["service", "webhooks", "namespace"]
    )]
    tls_secret: Option<String>,

    /// The Service through which the API server calls: whom the certificate is for
    #[arg(long, value_name = "NAME", env = "SEAWALL_SERVICE", hide_env_values = true, requires = "tls_secret")]
    service: Option<String>,

    /// The name of the webhook configurations whose caBundle is kept right
    #[arg(long, value_name = "NAME", env = "SEAWALL_WEBHOOKS", hide_env_values = true, requires = "tls_secret")]
    webhooks: Option<String>,

    /// The namespace of the Secret and of the Service
    #[arg(long, value_name = "NAME", env = "POD_NAMESPACE", hide_env_values = true)]
    namespace: Option<String>,

    /// The name of this replica, which no other has [default: the host's]
    #[arg(long, value_name = "NAME", env = "POD_NAME", hide_env_values = true)]
    pod: Option<String>,

    /// Seconds that a CA and a leaf live, that a bundle is waited for, and that a silent replica counts: for tests
    #[arg(long, value_name = "CA,LEAF,WAIT,STALE", hide = true, value_parser = times)]
    certificate_times: Option<[u32; 4]>,

    /// Answer only callers whose certificate this CA signed (PEM)
    #[arg(long, value_name = "FILE", env = "SEAWALL_CLIENT_CA", hide_env_values = true)]
    client_ca: Option<PathBuf>,
}

fn times(text: &str) -> Result<[u32; 4], &'static str> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).ok_or("expected four numbers of seconds")
}

impl Certificates {
    /// The name of this replica.
    pub(super) fn replica(&self) -> String {
        self.pod.clone().unwrap_or_else(host)
    }

    /// The namespace that this runs in, as far as anybody says.
    pub(super) fn namespace(&self) -> String {
        self.namespace.clone().unwrap_or_default()
    }

    /// Where the server's certificate comes from, and the one who looks after it, if that is us. Nothing is asked yet.
    pub(super) fn prepared(
        self,
        cluster: Option<&Cluster>,
        metrics: &mut Arc<Metrics>,
    ) -> anyhow::Result<(Tls, Option<Keeper>)> {
        let replica = self.replica();
        let Some(secret) = self.tls_secret else {
            let (Some(cert), Some(key)) = (self.tls_cert, self.tls_key) else {
                return Err(helped(anyhow::anyhow!("there is no certificate"), "give --tls-cert and --tls-key"));
            };
            return Ok((Files { cert, key, client_ca: self.client_ca }.into(), None));
        };
        let Some(cluster) = cluster else {
            let help = "drop --offline, or give --tls-cert FILE and --tls-key FILE";
            return Err(helped(anyhow::anyhow!("`--tls-secret` and `--offline` exclude each other"), help));
        };
        if let Some(metrics) = Arc::get_mut(metrics) {
            metrics.show_rotation();
        }
        let (service, namespace) = (self.service.unwrap_or_default(), self.namespace.unwrap_or_default());
        let service = Service::new(&service, &namespace)
            .map_err(|error| helped(error, "give --service NAME and --namespace NAME of the Service"))?;
        // It becomes the value of a label, too.
        Service::new(&secret, &namespace).map_err(|error| helped(error, "give --tls-secret NAME of a Secret"))?;
        let (times, election) = self.certificate_times.map_or_else(Default::default, quick);
        let settings =
            Settings { secret, service, webhooks: self.webhooks.unwrap_or_default(), replica, times, election, now };
        let identity = Identity::given(self.client_ca.as_deref(), Arc::clone(metrics)).map_err(|error| {
            let help = error.help();
            helped(error, help)
        })?;
        let identity = Arc::new(identity);
        let served = Arc::clone(&identity);
        let serve = Box::new(move |cert: &str, key: &str| served.serve(cert, key).map_err(Into::into));
        let keeper = Keeper::new(cluster, settings, Arc::clone(metrics), serve);
        Ok((Tls::Given(identity), Some(keeper)))
    }
}

/// Has the certificates looked after for as long as `serving` takes, and takes leave when nothing is served any more.
pub(super) async fn looked_after(keeper: Option<Keeper>, serving: impl Future<Output = ()>) {
    let Some(keeper) = keeper else { return serving.await };
    let farewell: Farewell = keeper.farewell();
    // A task of its own, for the sake of other cores; what it does is not to be waited for.
    let work = tokio::spawn(keeper.run());
    serving.await;
    work.abort();
    farewell.say().await;
}

/// Short lives have short elections.
fn quick([authority, leaf, wait, stale]: [u32; 4]) -> (Times, LeaseTimes) {
    let seconds = |seconds: u32| SignedDuration::from_secs(seconds.into());
    let times =
        Times { authority: seconds(authority), leaf: seconds(leaf), wait: seconds(wait), stale: seconds(stale) };
    let ms = Duration::from_millis;
    (times, LeaseTimes { duration: ms(3_000), deadline: ms(2_000), retry: ms(300) })
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The host's name, which in a Pod is the Pod's.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' };
    name.trim().to_ascii_lowercase().chars().map(letter).collect()
}
