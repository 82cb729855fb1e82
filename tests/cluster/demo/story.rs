//! What becomes of one document: applied as people apply it, and compared with what the
//! same API server would store if Seawall were not there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::changes::{Change, changes, essence};
use crate::documents::File;
use crate::followers;
use crate::plane::seawall::Seawall;
use crate::plane::webhooks::NAMESPACE;
use crate::plane::{Namespace, Plane};
use crate::transcript::Page;

/// The list of its own changes that Seawall leaves on what it patched.
const PATCHED: &str = "seawall.dev/patched";

/// The label by which the API server itself will know what holds data.
pub const HOLDS_DATA: &str = "seawall.dev/holds-data";

/// A rule that Seawall names for a change, and the place that it wrote.
pub struct Reason {
    pub rule: String,
    pub place: String,
}

/// Applies a file to a fresh namespace and writes down what happened.
pub async fn tell(plane: &Arc<Plane>, seawall: &Seawall, file: &File) -> Result<Page> {
    let stem = Path::new(&file.name).file_stem().and_then(OsStr::to_str).unwrap_or("example");
    let fresh = seawall.namespace(stem).await?;
    let mut page = Page::default();
    for document in &file.documents {
        match objects(plane, document).await? {
            Ok(objects) => {
                for object in objects {
                    apply(plane, &fresh, object, &mut page).await?;
                }
            }
            Err(complaint) => page.trouble("a document", complaint),
        }
    }
    Ok(page)
}

/// The objects of a document as kubectl reads it, or its complaint.
async fn objects(plane: &Plane, document: &str) -> Result<Result<Vec<Value>, String>> {
    let output = plane.kubectl_with(&["create", "--dry-run=client", "-o", "json", "-f", "-"], document).await?;
    if !output.ok {
        return Ok(Err(output.stderr));
    }
    // One JSON text after the other, if the document is a List.
    let objects: serde_json::Result<Vec<Value>> =
        serde_json::Deserializer::from_str(&output.stdout).into_iter().collect();
    Ok(Ok(objects.context("kubectl prints no JSON")?))
}

async fn apply(plane: &Arc<Plane>, fresh: &Namespace, mut object: Value, page: &mut Page) -> Result<()> {
    let what = format!("{} {}", text(&object["kind"]), name(&object));
    // kubectl writes the default namespace where a manifest names none.
    let own = object["metadata"]["namespace"].as_str().filter(|name| *name != "default").map(str::to_owned);
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
    let namespace = match own {
        None => fresh.clone(),
        Some(name) => {
            plane.ensure_namespace(&name, BTreeMap::new()).await?;
            fresh.renamed(&name)
        }
    };
    let manifest = object.to_string();

    let (plain, plain_warnings) = match without_seawall(plane, &manifest).await? {
        Ok(plain) => plain,
        Err(complaint) => {
            page.trouble(&what, complaint);
            return Ok(());
        }
    };
    let output = namespace.kubectl_with(&["apply", "-o", "json", "-f", "-"], &manifest).await?;
    if !output.ok {
        // The same server takes it where Seawall is not asked, so this is Seawall's word.
        page.refused(&what, &output.stderr);
        return Ok(());
    }
    let stored: Value = serde_json::from_str(&output.stdout).context("kubectl prints no JSON")?;
    let mut warnings = warnings(&output.stderr);
    warnings.retain(|warning| !plain_warnings.contains(warning));
    let found = differences(&plain, &stored);
    page.stored(&what, &found, &reasons(&stored), &warnings);
    for follower in followers::of(plane, &namespace, &stored, page).await? {
        page.follower(&follower.what, &follower.changes, &reasons(&follower.stored));
    }
    Ok(())
}

/// What the API server would store, and warn about, in a namespace that Seawall is not
/// asked about; or why it would not.
pub async fn without_seawall(plane: &Plane, manifest: &str) -> Result<Result<(Value, Vec<String>), String>> {
    let args = ["--namespace", NAMESPACE, "create", "--dry-run=server", "-o", "json", "-f", "-"];
    let output = plane.kubectl_with(&args, manifest).await?;
    if !output.ok {
        return Ok(Err(output.stderr));
    }
    let plain = serde_json::from_str(&output.stdout).context("kubectl prints no JSON")?;
    Ok(Ok((plain, warnings(&output.stderr))))
}

/// What differs, but for what the API server makes up anew for each object, and the
/// list of the changes itself.
pub fn differences(plain: &Value, stored: &Value) -> Vec<Change> {
    let mut found = changes(&essence(plain), &essence(stored));
    let noise = ["clusterIP", "nodePort", "controller-uid", "kube-api-access-", "secrets/kubernetes.io", PATCHED];
    found.retain(|change| !noise.iter().any(|noise| change.path.contains(noise)));
    found
}

/// True for the label that Seawall puts on what holds data: a mark, not a mend.
pub fn is_label(change: &Change) -> bool {
    change.path.contains(HOLDS_DATA)
}

/// The rules that Seawall names for its changes, each with the place.
pub fn reasons(stored: &Value) -> Vec<Reason> {
    let list = stored["metadata"]["annotations"][PATCHED].as_str().unwrap_or("[]");
    let entries: Vec<Value> = serde_json::from_str(list).unwrap_or_default();
    entries.iter().map(|entry| Reason { rule: text(&entry["rule"]), place: text(&entry["place"]) }).collect()
}

fn warnings(stderr: &str) -> Vec<String> {
    stderr.lines().filter_map(|line| line.strip_prefix("Warning: ")).map(str::to_owned).collect()
}

/// An object's name.
pub fn name(object: &Value) -> String {
    text(&object["metadata"]["name"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
