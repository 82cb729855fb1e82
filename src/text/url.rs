//! Passwords inside connection strings: `postgresql://user:password@host/db`, `user:password@tcp(host)/db`, `host=h password=p`.

/// A connection string with a password in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connection<'a> {
    /// What stands before `://`; empty for a string of another kind.
    pub scheme: &'a str,
    /// Never empty. It may be a reference (`$(PASSWORD)`), and it may be a secret: never print it.
    pub password: &'a str,
}

/// Says which, never what.
impl std::fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({})", self.scheme)
    }
}

/// The password in the first connection string of a text that has one; never empty. It may be a reference
/// (`$(PASSWORD)`), and it may be a secret: never print it.
#[must_use]
pub fn password(text: &str) -> Option<&str> {
    with_scheme(text).map(|found| found.password)
}

/// The first connection string of a text that has a password: a URL, else what Go's MySQL driver takes, else parameters.
#[must_use]
pub fn connection(text: &str) -> Option<Connection<'_>> {
    let bare = |password| Connection { scheme: "", password };
    // Most texts have no such sign in them, and then are read no further.
    let with_user =
        || if text.as_bytes().contains(&b'@') { with_scheme(text).or_else(|| of_go(text).map(bare)) } else { None };
    with_user().or_else(|| parameter(text).map(bare))
}

/// Where an `http` or `https` URL leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpTarget<'a> {
    /// The host; it may hold references to variables.
    pub host: &'a str,
    /// The port, where it is spelled.
    pub port: Option<u16>,
}

/// Where the first `http` or `https` URL of a text leads; `None` without one.
#[must_use]
pub fn http_target(text: &str) -> Option<HttpTarget<'_>> {
    let after = ["http://", "https://"].into_iter().filter_map(|scheme| text.split_once(scheme)).map(|(_, rest)| rest);
    // The one that begins first has most behind it.
    let after = after.max_by_key(|rest| rest.len())?;
    target(after)
}

/// Where a word leads that is a target without a scheme: `es:9200/_cat`. The port tells it from other words.
#[must_use]
pub fn bare_target(word: &str) -> Option<HttpTarget<'_>> {
    let found = target(word).filter(|found| found.port.is_some() && word.starts_with(found.host))?;
    let is_name = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '$' | '{' | '}' | '(' | ')' | '[' | ']' | ':')
    };
    let is_host = found.host.chars().all(is_name) && found.host.contains(|c: char| c.is_ascii_alphabetic() || c == '.');
    (is_host && !word.contains(char::is_whitespace)).then_some(found)
}

/// The host and the port that a text begins with.
fn target(after: &str) -> Option<HttpTarget<'_>> {
    let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>'));
    let authority = after.get(..end.unwrap_or(after.len()))?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()),
        _ => (authority, None),
    };
    (!host.is_empty()).then_some(HttpTarget { host, port })
}

fn with_scheme(text: &str) -> Option<Connection<'_>> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '.' | '-'));
        let scheme = before.get(start.map_or(0, |at| at + 1)..).unwrap_or("");
        if let Some(password) = user_info(after).filter(|_| scheme.ends_with(|c: char| c.is_ascii_alphanumeric())) {
            return Some(Connection { scheme: scheme.trim_start_matches(['+', '.', '-']), password });
        }
        rest = after;
    }
    None
}

/// `user:password@` at the start of a text.
fn user_info(text: &str) -> Option<&str> {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>'));
    let authority = text.get(..end.unwrap_or(text.len()))?;
    let (user_info, _) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

/// `user:password@tcp(host:3306)/db`, `user:password@(host)/`.
fn of_go(text: &str) -> Option<&str> {
    let at = ["@tcp(", "@tcp6(", "@unix(", "@("].into_iter().filter_map(|mark| text.find(mark)).min()?;
    let (_, password) = text.get(..at)?.split_once(':')?;
    (!password.is_empty() && !password.contains(char::is_whitespace)).then_some(password)
}

/// `password=p` among parameters: of libpq, of JDBC and other URLs, of ADO.
fn parameter(text: &str) -> Option<&str> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '?' | '&' | ';' | '\'' | '"');
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('=')?;
        let ahead = ["password", "pwd"].iter().find_map(|word| {
            let (ahead, name) = before.split_at_checked(before.len().checked_sub(word.len())?)?;
            name.eq_ignore_ascii_case(word).then_some(ahead)
        });
        if let Some(ahead) = ahead {
            let is_whole = if ahead.is_empty() { rest.len() == text.len() } else { ahead.ends_with(is_between) };
            let value = after.trim_start_matches(['\'', '"']).split(is_between).next().unwrap_or("");
            if is_whole && !value.is_empty() {
                return Some(value);
            }
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_passwords() {
        let cases = [
            ("postgresql://user:secret@host:5432/db?sslmode=disable", Some("secret")),
            ("redis://:secret@host", Some("secret")),
            ("mongodb+srv://u:s3:x@a,b/db", Some("s3:x")),
            ("--url=postgres://u:p@ss@host/db", Some("p@ss")),
            ("see http://x.example then amqp://a:b@c", Some("b")),
            ("postgres://u:$(PASSWORD)@h/db", Some("$(PASSWORD)")),
            ("jdbc:mysql://u:p@h/db", Some("p")),
            ("postgres://user@host/db", None),
            ("postgres://user:@host/db", None),
            ("postgres://host:5432/db", None),
            ("http://host/a:b@c", None),
            ("://a:b@c", None),
            ("a:b@c", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(password(text), expected, "{text}");
        }
    }

    #[test]
    fn finds_connections_of_other_kinds() {
        let cases = [
            ("mongodb+srv://u:s@a/b", Some(("mongodb+srv", "s"))),
            ("--url=postgres://u:p@h", Some(("postgres", "p"))),
            ("jdbc:mysql://u:p@h/db", Some(("mysql", "p"))),
            ("exporter:secret@(db:3306)/", Some(("", "secret"))),
            ("u:secret@tcp(db:3306)/app?tls=false", Some(("", "secret"))),
            ("u:$(PW)@unix(/run/x)/", Some(("", "$(PW)"))),
            ("u@tcp(db:3306)/", None),
            ("host=db user=u password=secret sslmode=disable", Some(("", "secret"))),
            ("password='secret' host=db", Some(("", "secret"))),
            ("jdbc:postgresql://h/db?user=u&password=secret&ssl=true", Some(("", "secret"))),
            ("Server=h;User Id=sa;Password=secret;Encrypt=no", Some(("", "secret"))),
            ("Server=h;PWD=secret", Some(("", "secret"))),
            ("--password=secret", None),
            ("--from-literal=password=secret", None),
            ("password= host=db", None),
            ("host=db", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(connection(text).map(|c| (c.scheme, c.password)), expected, "{text}");
        }
    }

    #[test]
    fn finds_where_a_url_leads() {
        let cases = [
            ("http://es:9200/_cat", Some(("es", Some(9200)))),
            ("https://u:p@artifacts.example/x", Some(("artifacts.example", None))),
            ("--proxy=http://u:p@proxy.example:3128", Some(("proxy.example", Some(3128)))),
            ("http://u:p@$HOST:$PORT/", Some(("$HOST", None))),
            ("https://[::1]:9200", Some(("[::1]", Some(9200)))),
            ("https://[::1]/", Some(("[::1]", None))),
            ("postgres://u:p@db", None),
            ("http:///x", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(http_target(text).map(|t| (t.host, t.port)), expected, "{text}");
        }
    }

    #[test]
    fn finds_where_a_word_without_a_scheme_leads() {
        let cases = [
            ("es:9200", Some(("es", Some(9200)))),
            ("es.shop:9200/_cat?v", Some(("es.shop", Some(9200)))),
            ("10.0.0.1:9200", Some(("10.0.0.1", Some(9200)))),
            ("$HOST:9200/", Some(("$HOST", Some(9200)))),
            ("[::1]:9200", None),
            ("es", None),
            ("es/_cat", None),
            ("elastic:secret", None),
            ("12:30", None),
            ("X-Time: at:30", None),
            ("es:9200:10.0.0.1", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(bare_target(text).map(|t| (t.host, t.port)), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,40}|[a-z:/@?\" ]{0,40}|[pasword=&; ']{0,40}") {
            prop_assert!(bare_target(&text).is_none_or(|found| text.contains(found.host)));
            prop_assert!(password(&text).is_none_or(|found| !found.is_empty() && text.contains(found)));
            prop_assert!(http_target(&text).is_none_or(|found| text.contains(found.host)));
            prop_assert!(connection(&text).is_none_or(|found| !found.password.is_empty()));
        }
    }
}
