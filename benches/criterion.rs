//! What the parts of a review cost: reading it, finding the databases in it, deciding.
//!
//! The same reviews as `make bench` sends, on one thread, without a server around.
#![allow(clippy::expect_used, clippy::panic, reason = "a bench without its input measures nothing")]
#![allow(missing_docs, reason = "criterion's macros make functions")]

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use seawall::{
    decision::{Deliberation, Request, World, in_force},
    engines::Catalogue,
    facts::Facts,
    review::{self, Reply, Review},
    rules,
    settings::{KnownNames, Settings},
    tree::Tree,
    view::{Case, Kind, Workload},
};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REVIEWS: [(&str, &str); 4] = [
    ("web", include_str!("reviews/web.json")),
    ("silent", include_str!("reviews/silent.json")),
    ("patched", include_str!("reviews/patched.json")),
    ("denied", include_str!("reviews/denied.json")),
];

/// When the reviews arrive.
const NOW: i64 = 1_795_000_000;

/// Reading the bytes, against what any webhook must do: find the uid.
fn tree(c: &mut Criterion) {
    let mut group = c.benchmark_group("tree");
    for (name, text) in REVIEWS {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("uid only", name), text, |b, text| {
            b.iter(|| uid(black_box(text)));
        });
        group.bench_with_input(BenchmarkId::new("read", name), text, |b, text| {
            b.iter(|| read(black_box(text)).len());
        });
    }
    group.finish();
}

fn uid(text: &str) -> usize {
    #[derive(serde::Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        request: Request<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Request<'a> {
        uid: &'a str,
    }
    serde_json::from_str::<Envelope<'_>>(text).expect("a review").request.uid.len()
}

fn read(text: &str) -> Tree<'_> {
    review::read(text.as_bytes()).expect("a review")
}

/// Which containers run a database.
fn detection(c: &mut Criterion) {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut group = c.benchmark_group("detection");
    for (name, text) in REVIEWS {
        let tree = read(text);
        let workload = Workload { kind: Kind::Pod, object: tree.root().path("request.object") };
        group.bench_function(name, |b| {
            b.iter(|| Case::of(black_box(workload), &catalogue).databases.len());
        });
    }
    group.finish();
}

/// From the tree to the answer's bytes, by webhook.
fn decision(c: &mut Criterion) {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    let settings = Settings::read("settings.yaml", include_str!("settings.yaml"), None, known).expect("the settings");
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let facts = Facts::empty_namespace();
    let mut group = c.benchmark_group("decision");
    for (name, text) in REVIEWS {
        let tree = read(text);
        let review = Review::of(&tree).expect("a review");
        let deliberation =
            || Deliberation::of(Request::of_review(black_box(&review), &tree), world, NOW).expect("ours to judge");
        group.bench_function(BenchmarkId::new("mutate", name), |b| {
            b.iter(|| {
                let deliberation = deliberation();
                black_box(deliberation.questions_to_mend());
                let mended = deliberation.mend(&facts);
                Reply { patch: mended.operations, warnings: mended.notes, ..Reply::default() }.to_json(review.uid).len()
            });
        });
        group.bench_function(BenchmarkId::new("validate", name), |b| {
            b.iter(|| deliberation().judge(Some(&facts)).judgements.len());
        });
    }
    group.finish();
}

/// What more engines and more rules cost a database's Pod, and what reading them costs the start.
fn growth(c: &mut Criterion) {
    const TWELVE: [&str; 12] = [
        "mysql",
        "mariadb",
        "percona",
        "vitess",
        "postgres",
        "mongodb",
        "redis",
        "valkey",
        "etcd",
        "elasticsearch",
        "cassandra",
        "cockroachdb",
    ];
    // What looks at volumes, commands, variables, memory and the stop: what each further rule looks at, too.
    const TEN: [&str; 10] = [
        "cache-exceeding-memory-limit",
        "credential-on-command-line",
        "data-deleting-script",
        "ephemeral-data",
        "misplaced-data-mount",
        "missing-credentials",
        "plaintext-credentials",
        "rolling-update-over-claim",
        "unfinished-shutdown",
        "unmounted-data",
    ];
    let mut group = c.benchmark_group("growth");
    group.bench_function("start: read the catalogue", |b| {
        b.iter(|| Catalogue::embedded().expect("the catalogue").engines().len());
    });
    let tree = read(REVIEWS[1].1);
    let all = Catalogue::embedded().expect("the catalogue");
    let twelve = Catalogue::embedded_among(&TWELVE).expect("twelve engines");
    let workload = Workload { kind: Kind::Pod, object: tree.root().path("request.object") };
    for (name, catalogue) in [("twelve", &twelve), ("all", &all)] {
        group.bench_function(BenchmarkId::new("engines", name), |b| {
            b.iter(|| Case::of(black_box(workload), catalogue).databases.len());
        });
    }
    let known = KnownNames { rules: &rules::names(), engines: &all.names() };
    let settings = Settings::read("settings.yaml", include_str!("settings.yaml"), None, known).expect("the settings");
    let review = Review::of(&tree).expect("a review");
    let facts = Facts::empty_namespace();
    let all_rules = in_force(rules::ALL, &settings);
    let ten: Vec<_> = all_rules.iter().copied().filter(|rule| TEN.contains(&rule.name)).collect();
    assert_eq!(ten.len(), TEN.len(), "these rules exist");
    for (name, rules) in [("ten", &ten), ("all", &all_rules)] {
        let world = World { catalogue: &all, settings: &settings, rules, kubernetes_minor: Some(36) };
        group.bench_function(BenchmarkId::new("rules", name), |b| {
            b.iter(|| {
                let tree = read(black_box(REVIEWS[1].1));
                let request = Request::of_review(&review, &tree);
                let request = Request { object: tree.root().path("request.object"), ..request };
                Deliberation::of(request, world, NOW).expect("ours to judge").judge(Some(&facts)).judgements.len()
            });
        });
    }
    group.finish();
}

/// Quick: the differences that matter here are larger than what more samples would show.
fn quick() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
}

criterion_group! { name = benches; config = quick(); targets = tree, detection, decision, growth }
criterion_main!(benches);
