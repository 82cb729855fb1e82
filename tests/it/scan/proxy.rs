//! The way through a proxy, over a CONNECT proxy on this machine that leads to one place whatever it is asked for.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use seawall::cluster::{Cluster, Proxies};

use super::{
    api::{Api, kubeconfig, scan},
    cluster, told,
};

/// A running proxy.
struct Proxy {
    address: SocketAddr,
    /// The first line of every request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                // A client that goes away ends its own thread alone.
                thread::spawn(move || tunnel(&stream, target, &log));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(near: &TcpStream, target: SocketAddr, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = BufReader::new(near.try_clone()?);
    let (mut first, mut line) = (String::new(), String::new());
    head.read_line(&mut first)?;
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    log.lock().unwrap().push(first.trim_end().to_owned());
    let far = TcpStream::connect(target)?;
    (&mut &*near).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut out, mut back) = (far.try_clone()?, near.try_clone()?);
    thread::spawn(move || io::copy(&mut head, &mut out));
    io::copy(&mut &far, &mut back).map(drop)
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A cluster whose kubeconfig names it as only the proxy knows it, and the proxy.
fn behind_a_proxy() -> (Api, Proxy) {
    let api = Api::serve(cluster(), |_| None);
    let proxy = Proxy::to(api.address);
    let text = kubeconfig(api.address).replace(&api.address.to_string(), "api.cluster.invalid:8080");
    std::fs::write(api.scratch.join("kubeconfig"), text).unwrap();
    (api, proxy)
}

#[test]
fn a_scan_goes_through_the_proxy_of_the_environment() {
    let (api, proxy) = behind_a_proxy();
    for (name, value) in
        [("HTTP_PROXY", format!("http://{}", proxy.address)), ("http_proxy", proxy.address.to_string())]
    {
        let output = scan(&api.scratch).env(name, value).env("NO_PROXY", "10.0.0.0/8,.svc,").output().unwrap();
        let (status, out, err) = told(&output);
        assert_eq!((status, err), (Some(0), ""), "{name}");
        assert!(out.contains("StatefulSet/ledger"), "{out}");
    }
    let asked = proxy.asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|line| line == "CONNECT api.cluster.invalid:8080 HTTP/1.1"),
        "{asked:?}"
    );
}

#[test]
fn a_scan_goes_through_the_proxy_of_the_kubeconfig_whatever_the_environment_says() {
    let (api, proxy) = behind_a_proxy();
    let file = api.scratch.join("kubeconfig");
    let text = std::fs::read_to_string(&file).unwrap();
    let own = format!("{{\"proxy-url\":\"http://{}\",\"server\":", proxy.address);
    std::fs::write(&file, text.replace("{\"server\":", &own)).unwrap();
    let output = scan(&api.scratch).env("HTTP_PROXY", "http://nowhere.invalid").env("NO_PROXY", "*").output().unwrap();
    assert_eq!(told(&output).0, Some(0), "{}", told(&output).2);
    assert!(!proxy.asked().is_empty());
}

#[test]
fn an_api_server_that_needs_no_proxy_is_reached_without() {
    let api = Api::serve(cluster(), |_| None);
    let nowhere = format!("http://{}", nobody());
    let mut command = scan(&api.scratch);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "https_proxy"] {
        command.env(name, &nowhere);
    }
    // An empty entry is no entry.
    let output = command.env("NO_PROXY", "localhost,,127.0.0.1,").output().unwrap();
    assert_eq!(told(&output).0, Some(0), "{}", told(&output).2);
}

#[test]
fn a_proxy_that_is_away_is_named_and_its_password_is_not() {
    let (api, _proxy) = behind_a_proxy();
    let away = nobody();
    let output = scan(&api.scratch).env("HTTP_PROXY", format!("http://me:secret@{away}")).output().unwrap();
    let (status, out, err) = told(&output);
    assert_eq!((status, out), (Some(2), ""));
    let expected = format!(
        "error: failed to reach the API server at http://api.cluster.invalid:8080/ through the proxy at {away} (HTTP_PROXY): "
    );
    assert!(err.starts_with(&expected), "{err}");
    assert!(
        err.contains("onnection refused") && err.contains("\nhelp: see whether the proxy lets you through"),
        "{err}"
    );
    assert!(!err.contains("secret"), "{err}");

    let output = scan(&api.scratch).env("HTTP_PROXY", "ftp://me:secret@proxy").output().unwrap();
    let (status, _, err) = told(&output);
    assert_eq!(status, Some(2));
    assert_eq!(
        err,
        "error: failed to use the proxy of HTTP_PROXY: \"ftp\" is not http, https or socks5\n\
         help: write HTTP_PROXY like http://proxy:3128, or name the API server in NO_PROXY\n"
    );
}

#[tokio::test]
async fn a_server_with_a_kubeconfig_goes_through_the_proxy() {
    let (api, proxy) = tokio::task::spawn_blocking(behind_a_proxy).await.unwrap();
    let proxies = Proxies { http: Some(proxy.address.to_string()), ..Proxies::default() };
    let file = api.scratch.join("kubeconfig");
    let cluster = Cluster::from_kubeconfig(&file, &proxies).unwrap();
    assert_eq!(cluster.minor_version().await.unwrap(), Some(36));
    assert_eq!(proxy.asked().len(), 1);
    // A runtime must not end within another.
    tokio::task::spawn_blocking(move || drop(api)).await.unwrap();
}
