//! The proxy on the way to an API server, as kubectl finds it.
//!
//! A `proxy-url` of the kubeconfig is used whatever the environment says. Else the environment's proxy for the scheme is, unless
//! `NO_PROXY` names the API server; an API server on this machine is never behind one. Within a cluster there is none.
use std::net::IpAddr;

use http::Uri;

use super::ConnectError;

/// What the environment says about proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// `HTTP_PROXY`: for an API server without TLS.
    pub http: Option<String>,
    /// `HTTPS_PROXY`: for any other.
    pub https: Option<String>,
    /// `NO_PROXY`: names, domains, addresses and networks, with commas between them.
    pub no: Option<String>,
}

/// A proxy that is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) url: Uri,
    /// Who says so: `HTTPS_PROXY`.
    said_by: &'static str,
}

impl Proxy {
    /// Which one, without the credentials that an address can have.
    pub(super) fn said(&self) -> String {
        let port = self.url.port_u16().map_or_else(String::new, |port| format!(":{port}"));
        format!("{}{port} ({})", self.url.host().unwrap_or_default(), self.said_by)
    }

    fn parse(text: &str, said_by: &'static str) -> Result<Self, ConnectError> {
        let failed = |why: String| ConnectError::Proxy { said_by, why };
        // `socks5h` says that the proxy looks up names, which it does in any case.
        let text = text.strip_prefix("socks5h://").map_or_else(|| text.to_owned(), |rest| format!("socks5://{rest}"));
        let text = if text.contains("://") { text } else { format!("http://{text}") };
        let url: Uri = text.parse().map_err(|error: http::uri::InvalidUri| failed(error.to_string()))?;
        match url.scheme_str() {
            Some("http" | "https" | "socks5") if url.host().is_some_and(|host| !host.is_empty()) => {}
            other => return Err(failed(format!("{:?} is not http, https or socks5", other.unwrap_or_default()))),
        }
        Ok(Self { url, said_by })
    }
}

/// The proxy to an API server, if there is one. `own` is the kubeconfig's.
pub(super) fn to(server: &Uri, own: Option<&str>, proxies: &Proxies) -> Result<Option<Proxy>, ConnectError> {
    fn set(text: Option<&str>) -> Option<&str> {
        text.map(str::trim).filter(|text| !text.is_empty())
    }
    if let Some(own) = set(own) {
        return Proxy::parse(own, "proxy-url").map(Some);
    }
    let (text, said_by) = match server.scheme_str() {
        Some("http") => (set(proxies.http.as_deref()), "HTTP_PROXY"),
        _ => (set(proxies.https.as_deref()), "HTTPS_PROXY"),
    };
    match text {
        Some(text) if !is_direct(server, proxies.no.as_deref().unwrap_or_default()) => {
            Proxy::parse(text, said_by).map(Some)
        }
        _ => Ok(None),
    }
}

/// True for a server that is reached without a proxy.
fn is_direct(server: &Uri, no: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    no.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| match address {
        _ if entry == "*" => true,
        Some(address) if entry.contains('/') => is_within(address, &entry),
        _ => {
            let (name, its_port) = split(&entry);
            let is_it = match address {
                Some(address) => name.parse() == Ok(address),
                None => is_named(&host, name),
            };
            is_it && its_port.is_none_or(|its| its == port)
        }
    })
}

/// An entry's name, and its port where it has one.
fn split(entry: &str) -> (&str, Option<u16>) {
    let (name, port) = match entry.rsplit_once(':') {
        // More colons are an IPv6 address, unless it is in brackets.
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse().ok()),
        _ => (entry, None),
    };
    (name.trim_matches(['[', ']']), port)
}

/// `example.com` is itself and what is below, `.example.com` and `*.example.com` only what is below.
fn is_named(host: &str, name: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    match name.strip_prefix('.') {
        Some("") => false,
        Some(_) => host.ends_with(name),
        None if name.is_empty() => false,
        None => host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

/// True for an address in a network such as `10.0.0.0/8`.
fn is_within(address: IpAddr, network: &str) -> bool {
    let Some((base, length)) = network.split_once('/') else { return false };
    let (Ok(base), Ok(length)) = (base.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    // Both as 128 bits, the shorter ones first.
    let bits = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
        IpAddr::V6(six) => (six.to_bits(), 128),
    };
    let ((one, size), (other, other_size)) = (bits(address), bits(base));
    // A shift by all bits is none.
    let differs = |length: u32| (one ^ other).checked_shr(128 - length).unwrap_or(0) != 0;
    size == other_size && length <= size && !differs(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str, own: Option<&str>, no: &str) -> Option<String> {
        let proxies = Proxies {
            http: Some("plain:80".to_owned()),
            https: Some("http://me:secret@proxy.example.com:3128".to_owned()),
            no: Some(no.to_owned()),
        };
        to(&server.parse().unwrap(), own, &proxies).unwrap().map(|proxy| proxy.said())
    }

    #[test]
    fn a_proxy_is_found_where_kubectl_finds_it() {
        let https = Some("proxy.example.com:3128 (HTTPS_PROXY)".to_owned());
        assert_eq!(proxy("https://api.example.com:6443", None, ""), https);
        assert_eq!(proxy("http://api.example.com", None, ""), Some("plain:80 (HTTP_PROXY)".to_owned()));
        assert_eq!(proxy("https://api.example.com", Some(""), ""), https);
        let own = Some("socks5h://own:1080");
        assert_eq!(proxy("https://api.example.com", own, "*"), Some("own:1080 (proxy-url)".to_owned()));
        assert_eq!(proxy("https://127.0.0.1:6443", own, ""), Some("own:1080 (proxy-url)".to_owned()));
        for here in ["https://localhost:6443", "https://127.0.0.9", "https://[::1]:6443"] {
            assert_eq!(proxy(here, None, ""), None, "{here}");
        }
        assert_eq!(to(&"https://api".parse().unwrap(), None, &Proxies::default()).unwrap(), None);
    }

    #[test]
    fn an_api_server_that_no_proxy_names_is_reached_directly() {
        for (server, no, direct) in [
            ("https://api.example.com:6443", "*", true),
            ("https://api.example.com:6443", "localhost, example.com,", true),
            ("https://API.example.com:6443", ",.Example.com", true),
            ("https://api.example.com:6443", "*.example.com", true),
            ("https://example.com", ".example.com", false),
            ("https://example.com", "example.com", true),
            ("https://notexample.com", "example.com", false),
            ("https://api.example.com:6443", "api.example.com:6443", true),
            ("https://api.example.com:6443", "api.example.com:443", false),
            ("https://api.example.com", "api.example.com:443", true),
            ("https://api.example.com", "*, .", true),
            ("https://api.example.com", ".,:,/,*.", false),
            ("https://10.1.2.3:6443", "10.0.0.0/8", true),
            ("https://11.1.2.3:6443", "10.0.0.0/8", false),
            ("https://10.1.2.3:6443", "10.1.2.3", true),
            ("https://10.1.2.3:6443", "10.1.2.3/32,x/y", true),
            ("https://10.1.2.3:6443", "0.0.0.0/0", true),
            ("https://10.1.2.3:6443", "::/0,10.1.2.3/99,10.1.2.3:80", false),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", true),
            ("https://[fd00::1]:6443", "fd00::2", false),
        ] {
            assert_eq!(proxy(server, None, no).is_none(), direct, "{server} with NO_PROXY={no}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
        for url in ["ftp://me:secret@proxy", "http://me:secret@pro xy", "socks4://me:secret@proxy"] {
            let error = to(&"https://api".parse().unwrap(), Some(url), &Proxies::default()).unwrap_err();
            let ConnectError::Proxy { said_by, why } = error else { panic!("{error}") };
            assert!(said_by == "proxy-url" && !why.contains("secret"), "{why}");
        }
    }
}
