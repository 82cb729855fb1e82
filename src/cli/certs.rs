//! `seawall certs`: certificates for a laptop or a test.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;

use super::output::{self, FAINT, Out, STRONG, printable};
use crate::pki::{self, Development, Error, Kept, Renew, Service};

/// Make a development CA and a serving certificate
///
/// What is in the folder and still good is kept, so that running it again changes nothing. The CA is made anew only
/// when it can no longer be used. Keys are readable by their owner alone; never commit them.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall certs"
    "seawall certs --out /tmp/tls --service guard --namespace databases"
    "seawall certs --force   # a new CA, too: whoever trusts the old one must be given the new one"
])]
pub(crate) struct Args {
    /// The folder for ca.crt, ca.key, tls.crt and tls.key
    #[arg(long, value_name = "DIR", default_value = "certs/local")]
    out: PathBuf,

    /// The Service through which the API server reaches Seawall
    #[arg(long, value_name = "NAME", default_value = "seawall")]
    service: String,

    /// The namespace of that Service
    #[arg(long, value_name = "NAME", default_value = "seawall-system")]
    namespace: String,

    /// Make the CA and the certificate anew, whatever is there
    #[arg(long)]
    force: bool,
}

/// Makes what is missing and prints what is there.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let made = Service::new(&args.service, &args.namespace).and_then(|service| {
        let made = pki::development(&args.out, &service, args.force, now())?;
        Ok((service, made))
    });
    match made {
        Ok((service, made)) => {
            print(&service, &made).context("failed to write the result")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(match help(&error) {
            Some(help) => output::helped(error, help),
            None => error.into(),
        }),
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn help(error: &Error) -> Option<&'static str> {
    match error {
        Error::Folder { .. } | Error::Write { .. } => Some("name a folder that you may write to with `--out`"),
        Error::Read { .. } => Some("make it readable, or start over in another folder with `--out`"),
        Error::Unusable { .. } | Error::HalfAnAuthority { .. } => {
            Some("restore it, or replace the CA and the certificate with `--force`")
        }
        Error::Label { .. } => Some("use up to 63 lower-case letters, digits and `-`, no `-` at either end"),
        Error::Clock => Some("set the clock of this machine"),
        _ => None,
    }
}

fn print(service: &Service, made: &Development) -> std::io::Result<()> {
    let mut out = Out::new();
    line(&mut out, "CA", &made.authority)?;
    line(&mut out, "certificate", &made.serving)?;
    if made.authority.made.as_ref().is_some_and(|reason| *reason != Renew::Missing) {
        writeln!(out, "\nThis CA is new: put {} wherever the old one is trusted.", shown(&made.authority.certificate))?;
    }
    let (certificate, key) = (shown(&made.serving.certificate), shown(&made.serving.key));
    writeln!(out, "\nServe as {} with:", service.host())?;
    writeln!(out, "  {STRONG}seawall serve --offline --tls-cert {certificate} --tls-key {key}{STRONG:#}")?;
    out.finish()
}

fn line(out: &mut Out, what: &str, kept: &Kept) -> std::io::Result<()> {
    let until = kept.not_after.strftime("%Y-%m-%d");
    let made = kept.made.as_ref().map_or_else(|| "kept".to_owned(), |reason| format!("made: {reason}"));
    writeln!(out, "{what:<11}  valid until {until}  {}  {FAINT}({made}){FAINT:#}", shown(&kept.certificate))
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
