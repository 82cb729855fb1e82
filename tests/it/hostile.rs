//! What nobody should send, sent to the real program: each gets its status and a message, the connection survives, and memory stays
//! bounded.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::server_support::{Conversation, Setup};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Resident memory that a flood of the worst bodies may take.
const MOST_MEMORY_KIB: u64 = 300 * 1024;

struct Seawall {
    process: Child,
    setup: Setup,
    address: SocketAddr,
}

impl Seawall {
    fn start() -> Self {
        let setup = Setup::new();
        let mut process = Command::new(env!("CARGO_BIN_EXE_seawall"))
            .args([
                "serve",
                "--offline",
                "--profile",
                "production",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                "127.0.0.1:0",
            ])
            .arg("--tls-cert")
            .arg(&setup.files.cert)
            .arg("--tls-key")
            .arg(&setup.files.key)
            .env("SEAWALL_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut lines = log.lines();
        let address = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            let said: serde_json::Value = serde_json::from_str(&line).unwrap();
            if said["message"] == "serving" {
                break said["listen"].as_str().unwrap().parse().unwrap();
            }
        };
        // Whoever does not read a pipe stops its writer.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, setup, address }
    }

    async fn connect(&self) -> Conversation<TlsStream<TcpStream>> {
        self.setup.client().connect(self.address).await.unwrap()
    }

    fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Seawall {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn review(object: &str) -> String {
    format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE","namespace":"n",
        "kind":{{"group":"","version":"v1","kind":"Pod"}},"userInfo":{{"username":"somebody"}},"object":{object}}}}}"#
    )
}

fn pod_of(containers: usize) -> String {
    let mut pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":["#.to_owned();
    for n in 0..containers {
        let comma = if n > 0 { "," } else { "" };
        write!(
            pod,
            r#"{comma}{{"name":"c{n}","image":"mysql:8.4.3","env":[{{"name":"MYSQL_ROOT_PASSWORD","value":"x"}}]}}"#
        )
        .unwrap();
    }
    pod + "]}}"
}

fn all() -> Vec<(&'static str, String, u16)> {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let wide = || format!("[{}1]", "1,".repeat(5 * 1024 * 1024 - 512));
    vec![
        ("nothing", String::new(), 400),
        ("no JSON", "{".to_owned(), 400),
        ("a truncated object", review(&pod_of(3)).chars().take(300).collect(), 400),
        ("another version", review("{}").replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1"), 400),
        ("no uid", review("{}").replace(r#""uid":"u","#, ""), 400),
        ("no request", r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#.to_owned(), 400),
        ("an unknown operation", review("{}").replace("CREATE", "PONDER"), 400),
        ("a null object", review("null"), 200),
        ("an object that is a list", review("[]"), 200),
        ("an object that is text", review("\"x\""), 200),
        ("a thousand containers", review(&pod_of(1000)), 200),
        (
            "an object of 3 MiB",
            review(&format!(r#"{{"kind":"Pod","metadata":{{"annotations":{{"a":"{}"}}}}}}"#, "x".repeat(3 << 20))),
            200,
        ),
        ("nesting of 10,000", review(&deep(10_000)), 400),
        ("nesting of 127", review(&deep(120)), 200),
        ("10 MiB of ones", review(&wide()), 413),
        ("more than 10 MiB", review(&format!("\"{}\"", "x".repeat(11 << 20))), 413),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_is_answered() {
    let seawall = Seawall::start();
    for path in ["/mutate", "/validate"] {
        for (what, body, status) in all() {
            let mut conversation = seawall.connect().await;
            let reply = conversation.post(path, &body).await.unwrap_or_else(|e| panic!("{what} at {path}: {e}"));
            assert_eq!(reply.status, status, "{what} at {path}: {}", reply.body);
            assert!(!reply.body.is_empty(), "{what} at {path}: no message");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_the_worst_stays_within_memory() {
    let seawall = Seawall::start();
    let worst = review(&format!("[{}1]", "1,".repeat(5 * 1024 * 1024 - 512)));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (client, address, body) = (seawall.setup.client(), seawall.address, worst.clone());
        senders.spawn(async move {
            for _ in 0..3 {
                let Ok(mut conversation) = client.connect(address).await else { continue };
                // 413 where there was room to read it, 503 where there was none; never anything else.
                if let Ok(reply) = conversation.post("/validate", &body).await {
                    assert!(matches!(reply.status, 413 | 503), "{}", reply.status);
                }
            }
        });
    }
    while let Some(done) = senders.join_next().await {
        done.unwrap();
    }
    let most = seawall.memory_kib();
    assert!(most < MOST_MEMORY_KIB, "{most} KiB at its peak");
    println!("{most} KiB at the peak of the flood");
    let mut conversation = seawall.connect().await;
    assert_eq!(conversation.post("/validate", review("{}")).await.unwrap().status, 200, "it goes on");
}
