//! `docs/limits.md`, from the server's defaults.
use std::fmt::Write as _;
use std::time::Duration;

use super::{head, row, table};
use crate::cluster::events::WAITING;
use crate::cluster::inventory::{MOST_TEXT, PAGE};
use crate::cluster::upkeep::MOST_RESULTS;
use crate::decision::{LONGEST_TEXT, MOST_LISTED, MOST_NAMED, MOST_NEIGHBOURS};
use crate::server::{Limits, Times};
use crate::tree::MAX_ENTRIES;
use crate::view::{MOST_DATABASES, MOST_MOUNTS, MOST_VOLUMES};

const INTRODUCTION: &str = "\
What is bounded is bounded so that nobody can stop other people's admission reviews: any Pod can reach the webhook's port, and one
that floods it must find its own share used up, not everybody's. None of these can be set; they hold for clusters of any size, and
memory does not grow with the cluster.

";

const SHARES: &str = "
A peer address may hold at most as much as is still free afterwards: alone it gets half of the connections, of the memory and of the
look-ups, and as much always stays for whoever comes next. With `--client-ca`, only callers with a certificate of that CA get beyond
the handshake.

A body's weight is what it could become: itself and its tree, at worst 32 bytes of tree for each byte of body. Memory is
granted as the bytes arrive, so that an announced length reserves nothing. Bodies of 64 KiB and more are judged on threads of their
own, so that nobody else's call waits behind them, and no longer than somebody waits for the answer. While such a call waits for the
API server, its place is somebody else's.

After ten look-ups in a row without an answer none is tried for five seconds: facts are unknown at once, which writes nothing and lowers
to a warning what they could have excused. Then one is tried every five seconds, and the first answer ends it. The metric
`seawall_fact_lookup_breaker_open` and `/readyz?verbose` say so. A look-up that was given less than a second does not count;
of what stands around a database, less than 0.4 s, and that is counted by itself.

";

const ANSWERS: &str = "\
## What is answered when

| answer | when | tried again |
|---|---|---|
| 200, allowed or not | the review was judged; a refusal is code 403, reason Forbidden, with all problems in one message | no |
| 400 | no JSON, nested over 128 levels, no uid, not `admission.k8s.io/v1`, a body that ends before its end | no |
| 413 | a body or a tree over the limit | no |
| 415 | the content type is not `application/json` | no |
| 431 | the head is over the limit | no |
| 500 | a fault of ours; the webhook's failurePolicy decides | no |
| 503, with `Retry-After: 1` and `Connection: close` | starting, stopping or overloaded; another replica can do better | yes |
| 503 | the deadline passed | no |

## What is said

| | |
|---|---|
| warnings per answer | 8, one line each |
| a warning's length | 120 characters; a command to run may stand alone in one of 250 |
| a message's length | 120 characters; the remedy is separate |

## What the guards cannot do

- An expression of a policy has no clock. While Seawall is away, an old annotation `seawall.dev/confirm-delete` that was never taken off
  still opens the [guards](guards.md), for who has the right; while it is there, the webhook refuses what is out of date.
- A policy sees one object: deleting an operator's custom resource deletes what the operator made of it, without a word of a guard.
- An operator is known by the right to `update` the status of its resource, whose plural is one of four spellings of its kind.
- Of a StatefulSet or a namespace with many claims, what becomes of the first twenty volumes is looked at.
- One replica [makes labels true](decisions/0026-one-replica-looks-after-the-cluster.md) as soon as a volume changes or a namespace is guarded;
  a class that was made anew is seen within an hour. Without that (`upkeep.enabled=false`) labels say what was so when they were written.
- An exemption opens what the webhook guards, and none of the policies: an expression sees no other object, and a policy with parameters
  holds for every one of them, so that no single exemption could let anything through.
- Evictions are in no entry, so that no drain ever waits: the API server's audit log has them, and Seawall does not know of them.
- StorageClasses have no history: every creation of one that deletes is a warning, not only the second.
";

const WAYS: &str = "
## Ways around a rule

Whoever may edit a namespace cannot switch a rule off: no annotation and no label does, under `production` not even one that says what the
data is worth, no owner that somebody wrote, no other name, kind or place of a container. These ways stay open, each for its reason:

| way | why |
|---|---|
| a claim that is bound and older than an hour | what is created over it may be a database that is brought back: it is warned about, and the data lives |
| a Pod with `restartPolicy: Never`, or a server in a Job | tests and pipelines start databases that are meant to go; rules about data, durability and credentials let them |
| an ephemeral container | it is there to look at what runs, has no claim of its own, and no restart; nobody is asked about it |
| a review that is sent to the port | it is answered, and nothing comes of it, for the API server alone stores; what it can touch is a counter, and when an exemption was used last; `--client-ca`, with a CA that nobody else has a certificate of, shuts it |
| a label that an exemption's `selector` means | whoever exempts by labels leaves it to those who write them; `name` does not |
| while Seawall is away | entries are Ignore unless a namespace is labelled `seawall.dev/guard: enforced`; what was made meanwhile is warned about when it changes |
";

/// What is bounded, and by how much, as a Markdown document.
#[must_use]
pub fn limits() -> String {
    let (limits, times) = (Limits::default(), Times::default());
    let mut text = head("Limits", "the defaults in `src/server/config.rs`");
    text.push_str(INTRODUCTION);
    text.push_str("## How much\n\n");
    text.push_str(&table(["what", "limit", "beyond it"]));
    let most = [
        ("a body", bytes(limits.body_bytes), "413"),
        ("the values of one review, or of one document", grouped(MAX_ENTRIES), "413; an error of `seawall check`"),
        ("nesting", "128 levels".to_owned(), "400; an error of `seawall check`"),
        ("all bodies under review, by weight", bytes(limits.weight_bytes), "503"),
        ("what a tree counts in that sum at most", bytes(limits.tree_bytes), ""),
        ("a request's head", bytes(limits.head_bytes), "431"),
        ("connections on the TLS port", grouped(limits.connections), "the longest idle one is closed"),
        ("connections on the plain port", grouped(limits.plain_connections), "the longest idle one is closed"),
        (
            "large bodies that are judged at once",
            "one per processor and API server".to_owned(),
            "they wait; 503 at the deadline",
        ),
        ("look-ups under way", grouped(crate::server::LOOK_UPS), "unknown facts"),
        ("databases of one Pod that are looked at", grouped(MOST_DATABASES), "the others are passed over"),
        ("mounts of one container that are looked at", grouped(MOST_MOUNTS), "where its data lies is unknown"),
        ("volumes of one Pod that are looked at", grouped(MOST_VOLUMES), "what is mounted from others is unknown"),
        ("documents of one run that one answer is made of", grouped(MOST_NEIGHBOURS), "nothing is known of them"),
        (
            "objects of one kind that one question around a database is answered from",
            format!("{}, of which {MOST_NEIGHBOURS} concern it", grouped(crate::cluster::MOST_READ)),
            "nothing is known of them",
        ),
        ("claims and ConfigMaps that one review asks for", grouped(MOST_NAMED), "nothing is known of the others"),
        ("a text in a ConfigMap that is looked into", bytes(LONGEST_TEXT), "it is not read"),
        (
            "objects of one page that `seawall scan` asks for",
            grouped(PAGE),
            "a page over 8 MiB is asked for in smaller ones",
        ),
        ("ConfigMaps of one namespace that `seawall scan` reads", bytes(MOST_TEXT), "the others are not read"),
        ("problems in one message", grouped(MOST_LISTED), "the others are counted"),
        ("results of one report", grouped(MOST_RESULTS), "the worst stand there, the others are counted"),
        ("what waits to be told by Events", grouped(WAITING), "it is dropped, and counted"),
    ];
    for (what, limit, beyond) in &most {
        text.push_str(&row([what, limit.as_str(), beyond]));
    }
    text.push_str(SHARES);
    text.push_str("## How long\n\n");
    text.push_str(&table(["what", "time", "beyond it"]));
    let longest = [
        ("a TLS handshake", times.handshake, "closed"),
        ("until the first request of a connection begins", times.first_request, "closed"),
        ("a request's head", times.head, "closed"),
        ("an idle connection", times.idle, "closed; the API server keeps its own for 90 s"),
        ("an idle connection, once the server is told to stop", times.idle_leaving, "closed"),
        (
            "a connection at most; half of that at least",
            times.life,
            "closed after its next answer, so that replicas that came later get calls",
        ),
        ("a review: body, look-ups and answer together, if its own `timeout` is not shorter", times.deadline, "503"),
        ("look-ups of what stands around a database", crate::server::AROUND_TIME, "nothing is said of it"),
        ("calls in flight when the server is told to stop", times.grace, "given up"),
        ("between two looks at the certificate files", times.reload, "a new certificate is served"),
    ];
    for (what, time, beyond) in &longest {
        text.push_str(&row([*what, &seconds(*time), beyond]));
    }
    let _ = write!(text, "\n{ANSWERS}{WAYS}");
    text
}

/// In the largest unit that divides it.
fn bytes(n: usize) -> String {
    match n {
        n if n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

/// With a comma before each three digits.
fn grouped(n: impl TryInto<u64>) -> String {
    let digits = n.try_into().map(|n| n.to_string()).unwrap_or_default();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(
            (bytes(10 << 20), bytes(16 << 10), bytes(1000)),
            ("10 MiB".into(), "16 KiB".into(), "1000 bytes".into())
        );
        assert_eq!(
            (grouped(400_000_usize), grouped(64_usize), grouped(1024_u64)),
            ("400,000".into(), "64".into(), "1,024".into())
        );
        assert_eq!(
            (seconds(Duration::from_secs(3)), seconds(Duration::from_millis(250))),
            ("3 s".into(), "0.25 s".into())
        );
    }
}
