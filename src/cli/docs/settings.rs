//! `docs/settings.md`: the whole document with its comments, and how fields come together.
use super::{code, declarations, head, row, table};

const INTRODUCTION: &str = "\
Settings are YAML documents of kind `DatabasePolicy`, given by `--config FILE|DIR` to `seawall serve`, `seawall check`, `seawall fix` and
`seawall scan`: one that says everything, or [several](#several-policies) that single out namespaces and engines. Without one, Seawall judges by the profile `baseline` and writes what it knows by itself: time to stop, and a hook where an image needs one.

## The whole document

This is [examples/settings.yaml](../examples/settings.yaml), which `make demo` uses.

";

const MERGING: &str = "
## How fields come together

- **Profile**: `--profile` (of a scan `--as-profile`), else `spec.profile`, else `baseline`. A policy that singles anything out comes
  before `--profile`; see below.
- **A rule's action**: `spec.rules.RULE`, else what the profile says of the rule's tier. Either is lowered by a ceiling that the rule
  itself has for an occurrence, and by the second opinion; nothing raises it. `off` stops the rule's mends as well.
  A rule that does not exist is an error in `check` and `scan`, which suggest the nearest name. `serve` logs a warning and ignores it:
  versions of Seawall may share one document, and one that was rolled back must start.
- **A value for an engine**: `spec.engines.ENGINE`, else `spec.defaults`, field by field: an engine that states a memory limit and no
  request takes the request of the defaults. The keys of a Secret are looked up variable by variable.
- **The Secret's name**: the annotation `seawall.dev/credentials-secret` on the workload, else `credentials.secretName`. **Its keys**:
  the annotation `seawall.dev/credentials-keys`, else `credentials.keys`, else the variable's own name.
- **Time to stop**: the larger of `terminationGracePeriodSeconds` and what the engine's file says; only where the Pod has the API
  server's default of 30 seconds.
- **A claim's class**: that of the claims that its StatefulSet made before, else the one of the largest size under
  `storage.classesBySize` that the claim reaches, else `storage.className`. These are two fields: an engine that states a `className`
  takes the sizes of the defaults, and `classesBySize: []` says that it has none.
- **The classes that are allowed**: `storage.allowedClasses`. A claim template with another one is a finding of
  [unlisted-storage-class](rules.md#unlisted-storage-class), and so is a claim that somebody makes for a database; where nothing says for
  which engine it is, what any engine may have is allowed. A class that is not allowed is never given.

What an object already says is never overwritten by a setting, with one exception that has to be asked for.

## `plaintext: replace`, and its trap

In what is new, a password that its manifest spells is replaced by a reference to the Secret, whatever brings the manifest. From then on
the manifest and the object say different things, and each time that the manifest is brought again Seawall puts the reference back in the
place of the value. When nobody does, because Seawall is away, the mode is `off`, or the namespace is not asked about any more, this
happens:

| the same manifest, once more | with Seawall | without Seawall |
|---|---|---|
| `kubectl apply`, with `--server-side` too; Helm, which patches likewise | nothing changes | refused: `valueFrom` \"may not be specified when `value` is not empty\" |
| `kubectl patch` of the variable | nothing changes | refused, likewise |
| `kubectl patch` of anything else, `kubectl set image` | the reference stays | the reference stays |
| `kubectl replace` | nothing changes | the password is back in the object, and the Pods roll |
| `kubectl create`, of something new | a reference | the password |

A tool that compares, such as Argo CD, sees a difference that never goes away. And the password is still where the manifest is: in Git, in
the annotation of the last apply, in Helm's release. So `report` is the default, and `seawall fix` the better way: it takes the password
out of the manifest, and puts a reference there and a Secret without a value beside it.

## Several policies

A file may hold several documents, and `--config` may be a folder, which is read with all that is below it; what is no `DatabasePolicy`
there is passed over. [examples/policies](../examples/policies/README.md) leads a cluster from looking to enforcing with four of them.

- **Where a policy holds**: in the namespaces that its `namespaceSelector` means (every namespace has the label
  `kubernetes.io/metadata.name`), for the engines that `onlyEngines` lists; without these, everywhere. A policy with `onlyEngines` says
  nothing about Services, budgets, ConfigMaps, and what is no database; of a claim it sets the values, not what is done about findings.
- **For each field the highest `priority` that sets it counts**, and what others say of it does not: a list is replaced, not extended.
  Below `defaults` and `engines` each value is a field, and each variable of `keys`. Within one priority `engines.ENGINE` comes before
  `defaults`.
- **On a tie the stricter counts**, and `seawall policy show` and the log of `seawall serve` say that there is one: the profile, action
  or `plaintext` that does more, the newer `rulesVersion`, the larger number, of names the first of the alphabet. Of `skipNamespaces`
  what all of them list is skipped, of `allowedClasses` what all of them list is allowed; of `restorers`, `operatorGroups` and
  `operatorAccounts` whoever any of them lists counts, for hands are kept off a database rather once too often.
- **An object with databases of several engines** is judged by whatever does more for any of them; values are each engine's own.
- **`--profile`** speaks for everything that no policy singles out. It comes before the profile of a policy without
  `namespaceSelector`, `onlyEngines` and a `priority` above 0, and after that of every other one. `--as-profile` comes before all.
- **`rulesVersion`**: rules that came after that version warn at most, and write nothing. `\"0.1\"` is all of 0.1.x.
- **A namespace's labels** are those of the cluster for `serve` and `scan`, of the Namespace documents of the run for `check`; else there
  are none. Where the API server does not tell them to `serve`, what holds everywhere holds, but nothing is refused or written.

`seawall policy show NAMESPACE [--engine ENGINE]` prints every value that is set, and the file, line and policy that set it.

## Exemptions

The one case that has a reason gets a `DatabaseExemption` in its namespace: rules, a workload by its name (or by its labels, with
`selector` in the place of `name`), a reason, an end, and a ticket where there is one.

```yaml
apiVersion: seawall.dev/v1alpha1
kind: DatabaseExemption
metadata:
  name: cart-demo
  namespace: shop
spec:
  rules: [ephemeral-data]
  name: cart
  reason: the demo is made anew each night
  expires: 2026-12-31T00:00:00Z
```

- **Who may create one**, or change its rules, workload or end, is decided by RBAC in the API server, so that it holds while Seawall is
  away: it takes the verb `exempt` on `databaserules.seawall.dev`, by the names of the rules (`resourceNames`), in that namespace. Whoever
  may edit the namespace may not do that by itself.
- **What may be exempted at all**, and for how long at most, is the policies' word: `exemptions.rules` and `exemptions.maxDays`. It counts
  for exemptions that are there already, and for every account. On a tie the fewer rules and the fewer days count.
- **While it lasts** what it names is recorded and not refused; in its last week it is a warning that tells the end. The audit annotation
  `exempted` names the rules,
  and its status says when it was used last and how many days it lasts.
- **It ends with the second that it names**, without anybody's doing. Then only what is new is refused: what runs is scaled, restarted,
  rolled back and labelled as before, for it was so before.
- `seawall exemptions --kubeconfig FILE` lists them, those first that end first; `seawall exemptions PATH` those of files.
- `seawall check` and `seawall fix` know those among the documents of their run, by the clock of the run: what is exempted is shown as
  such, with the reason and the end. Without the document they say what holds without it.

No annotation and no label switches a rule off.

## In a cluster

The same documents can be objects of the cluster: `kubectl apply -f policies/`. `seawall serve` follows them, beside those of `--config`;
`seawall policy show NAMESPACE --kubeconfig FILE` shows them, and `seawall scan` goes by them where no `--config` is given.

- **A change is in force as soon as it is heard of**, all of it at once; a review that began before is finished by what held then. The
  audit annotation `policies` of each answer says what it was judged by: `everywhere@3,live@7` are names and generations.
- **What cannot be right is refused at apply**: by the schema, and, for what a schema cannot say (a rule or an engine that does not exist,
  less memory than an engine starts with), by Seawall. What was wrong before is a warning, so that labels can still be changed.
- **What was stored all the same** (Seawall was away, or another version took it) is left out field by field, and everything else that the
  policy says holds; but one whose `namespaceSelector`, `onlyEngines` or `priority` makes no sense holds nowhere. Other policies are not
  touched. The condition `Accepted` says what was left out, `Conflicted` which policy of the same priority says something else.
- **While the API server is away** what was heard last stays in force. `/readyz?verbose` says how old that is, and so does
  `seawall_policies_heard_timestamp_seconds`. At the start, calls wait for it for five seconds; then `--profile` and `--config` count.
- **A definition that is older than Seawall** drops the fields that it does not know. The log names them at the start.
- **One switch for the bad hour**: `kubectl -n seawall-system create configmap seawall --from-literal=mode=off` lets everything through
  within a second, in every replica, judged and mended by nobody. `mode: on`, or no ConfigMap, ends it. It belongs to no chart and no
  repository, so nothing turns it back. `--switch [NAMESPACE/]NAME` names another one.

It takes these rights: `get`, `list` and `watch` for `databasepolicies.seawall.dev`, `databaseexemptions.seawall.dev` and namespaces, `patch` for
`databasepolicies/status` and `databaseexemptions/status`, and, in Seawall's namespace, `get`, `list` and `watch` for the ConfigMap of that name. Without one of them the
log and `/readyz?verbose` say so, and the rest works.

";

/// The settings document and how it is read, as a Markdown document: from the example and from the Rust source of its types.
#[must_use]
pub fn settings(example: &str, types: &str) -> String {
    let mut text = head("Settings", "`examples/settings.yaml` and the comments in `src/settings/document.rs`");
    text.push_str(INTRODUCTION);
    text.push_str(&format!("```yaml\n{}\n```\n", example.trim_end()));
    text.push_str(MERGING);
    text.push_str("## Every field\n\n");
    text.push_str(&table(["in", "field", "meaning"]));
    for declaration in declarations(types) {
        for item in &declaration.items {
            text.push_str(&row([declaration.name.as_str(), &code(&item.name), &item.doc]));
        }
    }
    text
}
