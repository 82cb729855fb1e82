//! A client that says exactly what a test wants it to say.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::aws_lc_rs,
        pki_types::ServerName,
        version::{TLS12, TLS13},
    },
};

use super::certs::{Authority, NAME, Pair};

/// A loopback address to call from.
pub(crate) fn source(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

/// The smallest thing with a uid.
pub(crate) fn review_of(uid: &str) -> String {
    format!(r#"{{"request":{{"uid":"{uid}"}}}}"#)
}

/// How to connect.
#[derive(Clone)]
pub(crate) struct Client {
    roots: Arc<RootCertStore>,
    versions: Vec<&'static SupportedProtocolVersion>,
    alpn: Vec<Vec<u8>>,
    identity: Option<Arc<Pair>>,
    from: IpAddr,
}

impl Client {
    pub(crate) fn trusting(authorities: &[&Authority]) -> Self {
        let mut roots = RootCertStore::empty();
        authorities.iter().for_each(|authority| authority.trust(&mut roots));
        let alpn = vec![b"http/1.1".to_vec()];
        Self { roots: roots.into(), versions: vec![&TLS13, &TLS12], alpn, identity: None, from: source(1) }
    }

    pub(crate) fn speaking(mut self, version: &'static SupportedProtocolVersion) -> Self {
        self.versions = vec![version];
        self
    }

    pub(crate) fn offering(mut self, protocols: &[&str]) -> Self {
        self.alpn = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self
    }

    pub(crate) fn showing(mut self, pair: Pair) -> Self {
        self.identity = Some(Arc::new(pair));
        self
    }

    pub(crate) fn from(mut self, address: IpAddr) -> Self {
        self.from = address;
        self
    }

    /// A handshake over any stream.
    pub(crate) async fn over<IO>(&self, io: IO) -> io::Result<TlsStream<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots));
        let mut config = match self.identity.as_deref() {
            Some(pair) => builder.with_client_auth_cert(vec![pair.der.clone()], pair.private_key()).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), io).await
    }

    /// A connection over TCP, from this client's address.
    pub(crate) async fn tcp(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(self.from, 0))?;
        socket.connect(to).await
    }

    /// A conversation over TLS over TCP.
    pub(crate) async fn connect(&self, to: SocketAddr) -> io::Result<Conversation<TlsStream<TcpStream>>> {
        Ok(Conversation(self.over(self.tcp(to).await?).await?))
    }
}

/// HTTP/1.1 over any stream.
pub(crate) struct Conversation<IO>(pub(crate) IO);

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Reply {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Conversation<IO> {
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(bytes.as_ref()).await?;
        self.0.flush().await
    }

    pub(crate) async fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.say(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await?;
        self.reply().await
    }

    /// A call as the API server makes it.
    pub(crate) async fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> io::Result<Reply> {
        self.post_typed(path, "application/json", body).await
    }

    pub(crate) async fn post_typed(&mut self, path: &str, kind: &str, body: impl AsRef<[u8]>) -> io::Result<Reply> {
        let body = body.as_ref();
        self.say(head(path, kind, body.len())).await?;
        self.say(body).await?;
        self.reply().await
    }

    /// The next answer.
    pub(crate) async fn reply(&mut self) -> io::Result<Reply> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply { status, head, body: String::new() };
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        reply.body = String::from_utf8(body).unwrap();
        Ok(reply)
    }

    /// Waits until the other end closes, in whatever way; false if it says something.
    pub(crate) async fn closed(&mut self) -> bool {
        self.0.read_u8().await.is_err()
    }
}

/// The head of a call.
pub(crate) fn head(path: &str, kind: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")
}
