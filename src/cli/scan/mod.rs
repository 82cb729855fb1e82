//! `seawall scan`: what databases a cluster has, and what would become of them if they were new.

mod claims;
pub(super) mod connect;
mod entry;
mod json;
mod judge;
mod progress;
mod reporting;
mod tally;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{self, Format, Out, helped};
use super::values::{self, KubernetesVersion};
use crate::cluster::inventory::{Lack, Part, Scope};
use crate::engines::Catalogue;
use crate::rules;
use crate::settings::Policies;
use crate::terms::Profile;
use entry::Entry;
pub(super) use reporting::Reporting;
use tally::Tally;

/// List the databases of a live cluster, and what each profile would deny or mend if they were new
///
/// Reads the cluster page by page and changes nothing. It needs the right to list what it looks at, and says which right it lacks; the
/// rest is shown all the same. Secrets are never read, and of ConfigMaps only those that databases use. Exits with 1 if `--as-profile`
/// would deny anything, with 2 if workloads or claims could not be read, or if it would deny nothing of what could.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall scan -A"
    "seawall scan -n shop --as-profile production"
    "seawall scan -A --diff observe production"
    "seawall scan -A -o json | jq '.objects[] | select(.profiles.baseline.deny > 0)'"
])]
pub(crate) struct Args {
    /// The kubeconfig [default: as kubectl: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE", env = "SEAWALL_KUBECONFIG", hide_env_values = true)]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) context: Option<String>,

    /// Look in this namespace [default: that of the context]
    #[arg(short, long, value_name = "NAMESPACE", conflicts_with = "all_namespaces")]
    pub(crate) namespace: Option<String>,

    /// Look in all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,

    /// Show what this profile would do, and exit with 1 if it would deny anything [default: the settings' profile, else baseline; exits with 0]
    #[arg(long, value_name = "PROFILE", value_parser = values::profile())]
    pub(crate) as_profile: Option<Profile>,

    /// Count what would change from one profile to another, instead of listing anything
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], value_parser = values::profile())]
    pub(crate) diff: Vec<Profile>,

    /// How to write the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,

    /// Settings: a YAML file of DatabasePolicies, or a folder of such files [default: those of the cluster]
    #[arg(long, value_name = "FILE|DIR", env = "SEAWALL_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    pub(crate) engines: Option<PathBuf>,
}

/// Everything that was seen.
struct Survey {
    server: String,
    scope: Scope,
    version: Option<KubernetesVersion>,
    /// The profile whose findings are shown, where no policy singles anything out.
    profile: Profile,
    diff: Option<(Profile, Profile)>,
    entries: Vec<Entry>,
    tally: Tally,
    /// What could not be read of what there is.
    lacks: Vec<Lack>,
    /// What could not be read of what is only taken into account.
    notes: Vec<Note>,
}

/// Something that was to be taken into account and is not known.
struct Note {
    /// As a role names it.
    resource: String,
    is_forbidden: bool,
    why: String,
    /// What is missing without it.
    what: &'static str,
}

/// Reads the cluster, and says what it found.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalogue = values::catalogue(args.engines.as_deref())?;
    let policies = values::policies(args.config.as_deref(), None, &catalogue)?;
    let survey = values::wait_for(survey(&args, &catalogue, &policies))??;
    let mut out = Out::new();
    match args.output {
        Format::Json => json::write(&mut out, &survey)?,
        Format::Text => text::write(&mut out, &survey)?,
    }
    out.finish()?;
    if args.output == Format::Text {
        text::lacks(&survey)?;
    }
    let denied = args.as_profile.is_some_and(|profile| survey.tally.of(profile).deny > 0);
    // What is only looked at beside a database takes nothing away from what was found.
    let hides = |lack: &Lack| !denied || lack.sort.part != Part::Companion;
    Ok(output::status(!survey.lacks.iter().any(hides), denied))
}

async fn survey(args: &Args, catalogue: &Catalogue, policies: &Policies) -> anyhow::Result<Survey> {
    let connected = connect::to(args)?;
    let scope = match (&args.namespace, args.all_namespaces) {
        (_, true) => Scope::All,
        (Some(name), false) => Scope::Namespace(name.clone()),
        (None, false) => Scope::Namespace(connected.namespace.clone()),
    };
    let version = connect::version(&connected).await?;
    let mut own = None;
    let mut unread = None;
    if args.config.is_none() {
        match connected.cluster.policies(policies, &rules::names(), catalogue).await {
            Ok((stored, _)) => own = Some(stored),
            Err(error) => {
                let what = "which policies hold in the cluster is not known";
                unread = Some(Note::of("databasepolicies.seawall.dev", &error, what));
            }
        }
    }
    let policies = own.as_ref().unwrap_or(policies);
    let progress = progress::Progress::new();
    let mut inventory = connected
        .cluster
        .inventory(scope.clone(), &progress)
        .await
        .map_err(|e| helped(e, "a namespace is called like a DNS label, such as shop-live"))?;
    let minor = version.map(|v| u32::from(v.minor));
    let mut judge = judge::Judge::new(catalogue, policies, args.as_profile, minor, values::now());
    let mut notes = judge.look_around(&connected.cluster, &inventory).await;
    notes.extend(unread);
    if let Scope::Namespace(name) = &scope
        && judge.is_missing(name)
    {
        return Err(connect::no_namespace(name, &connected));
    }
    let (mut entries, mut tally) = (Vec::new(), Tally::default());
    while let Some(portion) = inventory.next().await {
        let ground = judge.ground(&portion.namespace);
        if ground.skips(&portion.namespace) {
            continue;
        }
        progress.namespace(&portion.namespace);
        let more = inventory.config_maps(&portion.namespace, &judge.config_maps(&portion)).await;
        judge.judge(portion, more, &ground, inventory.has_all_workloads(), &mut tally, &mut entries);
    }
    progress.done();
    let is_nothing = inventory.is_nothing();
    let mut lacks = inventory.into_lacks();
    if is_nothing && !lacks.is_empty() {
        return Err(connect::nothing(lacks.swap_remove(0), &scope));
    }
    // What somebody has to install first is no part of what a scan has to see.
    for lack in lacks.extract_if(.., |lack| !lack.sort.is_builtin) {
        notes.push(Note::of(&lack.sort.resource(), &lack.error, "whether they scale a database is not known"));
    }
    // Namespaces came in the order of keys, in which `a-b` is before `a`.
    entries.sort_by(|a, b| a.namespace.cmp(&b.namespace));
    let diff = match args.diff.as_slice() {
        [from, to] => Some((*from, *to)),
        _ => None,
    };
    Ok(Survey {
        server: connected.server,
        scope,
        version,
        profile: args.as_profile.unwrap_or_else(|| policies.always().profile()),
        diff,
        entries,
        tally,
        lacks,
        notes,
    })
}
