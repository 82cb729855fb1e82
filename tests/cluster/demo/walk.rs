//! The guided path of `examples/policies/`: scan, watch, advise, enforce one namespace, with a database that was there before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::Arguments;
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::transcript;

/// The namespace of the examples that ends up enforced.
const SHOP: &str = "shop";
/// How long a policy or a label may take until it is in force.
const SOON: Duration = Duration::from_secs(30);
/// The policies, in the order of the path.
const POLICIES: [&str; 3] = ["everywhere.yaml", "advise.yaml", "enforce.yaml"];

/// Somebody who walks it.
pub struct Walk<'w> {
    plane: &'w Arc<Plane>,
    arguments: &'w Arguments,
    shop: Namespace,
    /// The database as it stands there, and a new one like it.
    old: String,
    new: String,
}

impl<'w> Walk<'w> {
    /// The database is there before anybody has heard of Seawall, and the first step looks at it.
    pub async fn begin(plane: &'w Arc<Plane>, arguments: &'w Arguments) -> Result<Self> {
        transcript::folder("policies: from looking to enforcing, one namespace at a time");
        plane.ensure_namespace(SHOP, [].into()).await?;
        let shop = plane.namespace("walk").await?.renamed(SHOP);
        let text =
            std::fs::read_to_string(arguments.examples.join("policies/ledger.yaml")).context("no ledger.yaml")?;
        let own =
            text.split("---\n").find(|document| document.contains("namespace: shop")).context("no ledger in shop")?;
        let walk = Self { plane, arguments, shop, old: own.to_owned(), new: own.replace("ledger", "returns") };
        walk.shop.apply(&walk.old).await?;
        walk.scan()?;
        Ok(walk)
    }

    fn scan(&self) -> Result<()> {
        transcript::step("1. scan", "Nothing is installed. What would be refused, if everything were new?");
        let folder = self.arguments.examples.join("policies").display().to_string();
        let kubeconfig = self.plane.kubeconfig("walker", Some("system:masters"))?;
        for (more, wanted) in [
            (&["--as-profile", "production"][..], "ledger"),
            (&["--diff", "observe", "production", "--config", &folder], "would be denied"),
        ] {
            let asked = [&["scan", "-n", SHOP], more].concat();
            let mut command = std::process::Command::new(&self.arguments.seawall);
            command.args(&asked).arg("--kubeconfig").arg(&kubeconfig).env_clear();
            let output = command.output().context("seawall scan does not run")?;
            let said = String::from_utf8_lossy(&output.stdout);
            let complaint = String::from_utf8_lossy(&output.stderr);
            ensure!(said.contains(wanted), "the scan does not say {wanted:?}: {said}{complaint}");
            transcript::command(&format!("seawall {}", asked.join(" ")), &said);
        }
        Ok(())
    }

    /// What Seawall is to follow: the definitions, and the policies as objects of the cluster.
    pub async fn install(&self) -> Result<()> {
        for crd in ["databasepolicies", "databaseexemptions"] {
            let file = format!("{}/charts/seawall/templates/crd-{crd}.yaml", env!("CARGO_MANIFEST_DIR"));
            self.plane.kubectl(&["apply", "--server-side", "-f", &file]).await?.succeeded()?;
            let established = format!("crd/{crd}.seawall.dev");
            let wait = ["wait", "--for=condition=Established", &established, "--timeout=60s"];
            self.plane.kubectl(&wait).await?.succeeded()?;
        }
        for policy in POLICIES {
            let file = self.arguments.examples.join("policies").join(policy).display().to_string();
            self.plane.kubectl(&["apply", "-f", &file]).await?.succeeded()?;
        }
        Ok(())
    }

    /// The three steps with Seawall there, which follows the policies.
    pub async fn go_on(&self, seawall: &Seawall) -> Result<()> {
        transcript::step(
            "2. watch",
            "Seawall is there and follows the policies. No label says anything: it only counts.",
        );
        let before = findings(seawall).await?;
        let applied = self.applied(&self.new, "kubectl apply -f returns.yaml").await?;
        ensure!(applied.ok && !applied.stderr.contains("Warning"), "watching is heard: {}", applied.stderr);
        let counted = findings(seawall).await? - before;
        ensure!(counted > 0, "nothing was counted");
        transcript::aside(&format!("nothing is said; seawall_findings_total has grown by {counted}"));
        self.shop.kubectl(&["delete", "deployment", "returns"]).await?.succeeded()?;

        transcript::step("3. advise", "The team wants to hear of it. Who applies reads warnings.");
        self.label("databases=advise").await?;
        self.until(|tried| tried.ok && tried.stderr.contains("Warning")).await?;
        let applied = self.applied(&self.new, "kubectl apply -f returns.yaml").await?;
        ensure!(
            applied.ok && applied.stderr.contains("keeps /var/lib/postgresql/data on no volume"),
            "{}",
            applied.stderr
        );
        self.shop.kubectl(&["delete", "deployment", "returns"]).await?.succeeded()?;

        transcript::step("4. enforce", "From now on what is new and unsafe is refused. What was there goes on.");
        self.label("databases=enforce").await?;
        self.until(|tried| !tried.ok && tried.stderr.contains("denied the request")).await?;
        let refused = self.applied(&self.new, "kubectl apply -f returns.yaml").await?;
        ensure!(!refused.ok, "a new one is stored: {}", refused.stdout);
        let bumped = self.old.replace("postgres:17.5", "postgres:17.6");
        let applied = self.applied(&bumped, "kubectl apply -f ledger.yaml   # postgres:17.6, where 17.5 ran").await?;
        ensure!(applied.ok, "the old one is stopped: {}", applied.stderr);
        for line in ["rollout restart deployment/ledger", "scale deployment/ledger --replicas=0"] {
            let words: Vec<&str> = line.split(' ').collect();
            let output = self.shop.kubectl(&words).await?;
            ensure!(output.ok, "{line}: {}", output.stderr);
            transcript::command(&format!("kubectl {line}"), &said(&output));
        }
        Ok(())
    }

    async fn applied(&self, manifest: &str, line: &str) -> Result<Output> {
        let output = self.shop.kubectl_with(&["apply", "-f", "-"], manifest).await?;
        transcript::command(line, &said(&output));
        Ok(output)
    }

    async fn label(&self, label: &str) -> Result<()> {
        let output = self.plane.kubectl(&["label", "namespace", SHOP, label, "--overwrite"]).await?;
        transcript::command(&format!("kubectl label namespace {SHOP} {label} --overwrite"), &said(&output));
        output.succeeded().map(|_| ())
    }

    /// Waits until a new database would be answered as wanted.
    async fn until(&self, wanted: impl Fn(&Output) -> bool) -> Result<()> {
        let begin = Instant::now();
        loop {
            let tried = self.shop.kubectl_with(&["create", "--dry-run=server", "-f", "-"], &self.new).await?;
            if wanted(&tried) {
                return Ok(());
            }
            ensure!(begin.elapsed() < SOON, "after {SOON:?} the answer is still {}", tried.stderr);
        }
    }
}

/// How many findings were counted.
async fn findings(seawall: &Seawall) -> Result<u64> {
    seawall.count("findings", "").await
}

fn said(output: &Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}
