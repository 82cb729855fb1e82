//! Passwords inside connection strings: `postgresql://user:password@host/db`.

/// The password in the first connection string of a text that has one; never empty. It may be a reference
/// (`$(PASSWORD)`), and it may be a secret: never print it.
#[must_use]
pub fn password(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let scheme = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(password) = user_info(after).filter(|_| scheme) {
            return Some(password);
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

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,40}|[a-z:/@?\" ]{0,40}") {
            prop_assert!(password(&text).is_none_or(|found| !found.is_empty() && text.contains(found)));
        }
    }
}
