//! `seawall explain`: the documentation of one rule.

use std::io::{self, Write};
use std::process::ExitCode;

use super::output::{FAINT, Out, STRONG, helped};
use super::words;
use crate::engines::Catalogue;
use crate::rule::Rule;
use crate::rules;
use crate::terms::Profile;
use crate::tree::nearest;

/// Explain a rule: why it exists, what it finds, what to write instead
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall explain plaintext-credentials"])]
pub(crate) struct Args {
    /// The rule's name, as findings and `seawall rules` say it
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
}

/// Prints the rule's documentation.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let rule = rules::named(&args.rule).ok_or_else(|| {
        let unknown = anyhow::anyhow!("no rule is called {:?}{}", args.rule, nearest(&args.rule, &rules::names()));
        helped(unknown, "`seawall rules` lists them")
    })?;
    let catalogue = Catalogue::embedded()?;
    let mut out = Out::new();
    explain(&mut out, rule, &catalogue)?;
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn explain(out: &mut impl Write, rule: &Rule, catalogue: &Catalogue) -> io::Result<()> {
    let documentation = rule.documentation();
    writeln!(out, "{STRONG}{}{STRONG:#}", rule.name)?;
    writeln!(out, "{}\n", documentation.summary)?;
    writeln!(out, "  tier      {}: {}", rule.tier, words::tier(rule.tier))?;
    writeln!(out, "  looks at  {}", words::looks_at(rule))?;
    if let Some(into) = words::writes_into(rule) {
        writeln!(out, "  mends     {into}: {}", words::places(rule).collect::<Vec<_>>().join(", "))?;
    }
    if rule.spares_ephemeral {
        writeln!(
            out,
            "  spares    databases that are meant to go: Jobs, Pods that never restart, seawall.dev/data: ephemeral"
        )?;
    }
    writeln!(out, "  engines   {}", words::engines(rule, catalogue))?;
    writeln!(out, "  since     {}\n", rule.since)?;
    for profile in Profile::ALL {
        let mends = if rule.mutate.is_none() {
            ""
        } else if profile.mends() {
            ", mends"
        } else {
            ", does not mend"
        };
        writeln!(out, "  {:10}  {}{mends}", format!("{profile}"), profile.action(rule.tier))?;
    }
    writeln!(
        out,
        "  {FAINT}A finding may do less than its profile says: `seawall check` shows what it does here.{FAINT:#}"
    )?;
    writeln!(out, "  To change it, in the settings:  spec: {{rules: {{{}: off | audit | warn | deny}}}}", rule.name)?;
    for (heading, body) in &documentation.sections {
        writeln!(out, "\n{STRONG}{heading}{STRONG:#}")?;
        section(out, body)?;
    }
    Ok(())
}

/// Markdown, for a terminal: code is indented further, and loses its fences.
fn section(out: &mut impl Write, body: &str) -> io::Result<()> {
    let mut in_code = false;
    for line in body.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            writeln!(out)?;
        } else if line.is_empty() {
            writeln!(out)?;
        } else if in_code {
            writeln!(out, "      {line}")?;
        } else {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_set_off_from_prose() {
        let mut written = Vec::new();
        section(&mut written, "One.\n```yaml\na: b\n```\nTwo.").unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "  One.\n\n      a: b\n\n  Two.\n");
    }
}
