//! What the tests of the server share.

mod certs;
mod client;
mod judges;

use std::{net::SocketAddr, sync::Arc};

use seawall::{
    metrics::Metrics,
    server::{Config, Files, Front, Judge, Limits, Server, Times},
};
use tokio::{
    io::DuplexStream,
    sync::oneshot,
    task::JoinHandle,
    time::{Duration, sleep},
};

pub(crate) use self::{
    certs::{Authority, Folder, days, replace},
    client::{Client, Conversation, review_of, source},
    judges::{Script, allow, review},
};

/// A configuration with a fresh certificate, on free ports of this machine.
pub(crate) struct Setup {
    pub(crate) authority: Authority,
    pub(crate) folder: Folder,
    pub(crate) files: Files,
    pub(crate) config: Config,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let (authority, folder) = (Authority::new("seawall-test"), Folder::new());
        let files = Files { cert: folder.path("tls.crt"), key: folder.path("tls.key"), client_ca: None };
        authority.server(days(-1), days(30)).write(&files.cert, &files.key);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let times = Times { grace: Duration::from_secs(30), ..Times::default() };
        let config = Config {
            listen: any,
            metrics_listen: Some(any),
            tls: files.clone().into(),
            limits: Limits::default(),
            times,
        };
        Self { authority, folder, files, config }
    }

    pub(crate) fn client(&self) -> Client {
        Client::trusting(&[&self.authority])
    }

    /// What is configured, with the files as they are named now.
    fn config(&self) -> Config {
        Config { tls: self.files.clone().into(), ..self.config.clone() }
    }

    /// Serves on real sockets.
    pub(crate) async fn serve(&self, judge: impl Judge) -> Served {
        let metrics = Arc::new(Metrics::new());
        let server = Server::bind(self.config(), Arc::clone(&metrics)).await.unwrap();
        let (tls, plain) = server.addresses();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(judge, async { stopped.await.unwrap_or(()) }));
        Served { tls: tls.unwrap(), plain: plain.unwrap(), metrics, stop: Some(stop), running }
    }

    /// Serves without sockets.
    pub(crate) fn front(&self, judge: impl Judge) -> (Arc<Front>, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new());
        (Arc::new(Front::new(&self.config(), judge, Arc::clone(&metrics)).unwrap()), metrics)
    }
}

/// A server on real sockets.
pub(crate) struct Served {
    pub(crate) tls: SocketAddr,
    pub(crate) plain: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<()>,
}

impl Served {
    /// What SIGTERM does.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

/// Both ends of a connection in memory, whose address is `peer`; the server's end is served in its own task.
pub(crate) fn in_memory(front: &Arc<Front>, peer: [u8; 4]) -> (DuplexStream, JoinHandle<seawall::metrics::End>) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    (near, tokio::spawn(front.secure(far, peer.into())))
}

/// The value of a series, by the start of its line: 0 if there is none.
pub(crate) fn counted(metrics: &Metrics, series: &str) -> f64 {
    let text = metrics.encode();
    let values = text.lines().filter_map(|line| line.strip_prefix(series)).filter_map(|rest| rest.rsplit(' ').next());
    values.map(|value| value.parse::<f64>().unwrap()).sum()
}

/// Waits for a condition that something else brings about; for at most 20 s.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..4_000 {
        if condition() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("never came to be: {what}");
}
