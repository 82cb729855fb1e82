//! Image references: `registry.example/team/postgres:16.4@sha256:...`.
//!
//! Reading never fails: whatever stands in the field, the parts that can be told apart are.

use super::version;

/// The parts of an image reference, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Image<'a> {
    /// The registry, with its port: `ghcr.io`, `localhost:5000`. `None` where the reference names none.
    pub host: Option<&'a str>,
    /// The repository as written, without the host: `library/postgres`.
    pub path: &'a str,
    /// What follows the colon, if anything does.
    pub tag: Option<&'a str>,
    /// What follows the at sign, if anything does: `sha256:...`.
    pub digest: Option<&'a str>,
}

/// How firmly a reference names one build of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pin<'a> {
    /// A digest: always the same build, whatever the tag says.
    Digest,
    /// The tag starts with a version of so many numbers: 1 for `17-alpine`, 2 for `8.0`, 3 for `8.0.36-debian`.
    /// Whether fewer than all of them may move is a matter of the engine.
    Version {
        /// How many numbers the version has, at least one.
        components: usize,
    },
    /// No tag: the runtime takes `latest`.
    Untagged,
    /// A tag that is known to move and says nothing about the version: `latest`, `lts`, `stable`, `alpine`.
    Moving(&'a str),
    /// A tag that this function cannot read: a commit, `pg17`, a date with letters.
    Other(&'a str),
}

impl<'a> Image<'a> {
    /// Takes a reference apart.
    #[must_use]
    pub fn parse(reference: &'a str) -> Self {
        let reference = reference.trim();
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, non_empty(digest)),
            None => (reference, None),
        };
        let (host, rest) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (non_empty(first), rest),
            _ => (None, name),
        };
        let basename_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match rest.get(basename_at..).and_then(|basename| basename.find(':')) {
            Some(colon) => {
                let (path, tag) = rest.split_at(basename_at + colon);
                (path, non_empty(tag.trim_start_matches(':')))
            }
            None => (rest, None),
        };
        Self { host, path: path.trim_matches('/'), tag, digest }
    }

    /// The last part of the path: `postgres`.
    #[must_use]
    pub fn basename(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The path under which the image is known on Docker Hub, wherever it was copied to: an official image loses
    /// `library/` and what stands before it, so that `docker.io/library/postgres`, `mirror.gcr.io/postgres` and
    /// `public.ecr.aws/docker/library/postgres` are all `postgres`. Other paths stay as they are.
    #[must_use]
    pub fn family(&self) -> &'a str {
        match self.path.strip_suffix(self.basename()) {
            Some(parent) if parent == "library/" || parent.ends_with("/library/") => self.basename(),
            _ => self.path,
        }
    }

    /// Whether the path is `family` or ends in it at a slash: a mirror's `hub/bitnami/redis` is `bitnami/redis`, and
    /// `team/postgres` is `postgres`, but `my-postgres` is not.
    #[must_use]
    pub fn is_or_mirrors(&self, family: &str) -> bool {
        match self.path.strip_suffix(family) {
            Some(before) => !family.is_empty() && (before.is_empty() || before.ends_with('/')),
            None => false,
        }
    }

    /// How firmly the reference names one build.
    #[must_use]
    pub fn pin(&self) -> Pin<'a> {
        if self.digest.is_some() {
            return Pin::Digest;
        }
        let Some(tag) = self.tag else { return Pin::Untagged };
        match version::leading(tag) {
            Some(numbers) => Pin::Version { components: numbers.split('.').count() },
            None if tag.split('-').all(is_moving) => Pin::Moving(tag),
            None => Pin::Other(tag),
        }
    }
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Docker's rule: the first part is a registry if it could not be a user of Docker Hub.
fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Words that tags are made of which say nothing about a version, with a version of their own at most
/// (`alpine3.21`): release channels, branches, base systems, flavours.
const MOVING: [&str; 38] = [
    "latest",
    "lts",
    "stable",
    "innovation",
    "current",
    "rolling",
    "edge",
    "nightly",
    "main",
    "master",
    "trunk",
    "head",
    "dev",
    "devel",
    "develop",
    "testing",
    "unstable",
    "release",
    "prod",
    "staging",
    "alpine",
    "debian",
    "ubuntu",
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "focal",
    "jammy",
    "noble",
    "slim",
    "oracle",
    "oraclelinux",
    "ubi",
    "community",
    "enterprise",
    "management",
    "standalone",
];

fn is_moving(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    MOVING.iter().any(|known| stem.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Parts<'a> = (Option<&'a str>, &'a str, Option<&'a str>, Option<&'a str>);

    fn parts(reference: &str) -> Parts<'_> {
        let image = Image::parse(reference);
        (image.host, image.path, image.tag, image.digest)
    }

    #[test]
    fn takes_references_apart() {
        let cases: &[(&str, Parts<'_>)] = &[
            ("postgres", (None, "postgres", None, None)),
            ("postgres:16.4", (None, "postgres", Some("16.4"), None)),
            ("bitnami/redis:7", (None, "bitnami/redis", Some("7"), None)),
            ("docker.io/library/postgres:16", (Some("docker.io"), "library/postgres", Some("16"), None)),
            ("localhost:5000/x", (Some("localhost:5000"), "x", None, None)),
            ("localhost/x:1", (Some("localhost"), "x", Some("1"), None)),
            ("registry:5000/team/db/mysql:8.0.36", (Some("registry:5000"), "team/db/mysql", Some("8.0.36"), None)),
            ("mysql@sha256:abc", (None, "mysql", None, Some("sha256:abc"))),
            ("mysql:8.4@sha256:abc", (None, "mysql", Some("8.4"), Some("sha256:abc"))),
            ("HOST/mysql", (Some("HOST"), "mysql", None, None)),
            ("MySQL:LATEST", (None, "MySQL", Some("LATEST"), None)),
            (" mysql:8 ", (None, "mysql", Some("8"), None)),
            ("", (None, "", None, None)),
            (":8.0", (None, "", Some("8.0"), None)),
            ("mysql:", (None, "mysql", None, None)),
            ("mysql@", (None, "mysql", None, None)),
            ("/mysql", (None, "mysql", None, None)),
            ("ghcr.io/", (Some("ghcr.io"), "", None, None)),
            ("docker://mysql:8", (Some("docker:"), "mysql", Some("8"), None)),
            ("{{ .Values.image }}", (None, "{{ .Values.image }}", None, None)),
        ];
        for (reference, expected) in cases {
            assert_eq!(parts(reference), *expected, "{reference:?}");
        }
    }

    #[test]
    fn official_images_are_the_same_everywhere() {
        for reference in [
            "postgres",
            "library/postgres",
            "docker.io/postgres",
            "docker.io/library/postgres:17",
            "index.docker.io/library/postgres@sha256:abc",
            "public.ecr.aws/docker/library/postgres",
            "mirror.gcr.io/library/postgres",
            "mirror.gcr.io/postgres:17",
            "harbor.corp.example:8443/dockerhub/library/postgres:17",
        ] {
            assert_eq!(Image::parse(reference).family(), "postgres", "{reference}");
        }
        assert_eq!(Image::parse("quay.io/team/postgres").family(), "team/postgres");
        assert_eq!(Image::parse("team/mylibrary/postgres").family(), "team/mylibrary/postgres");
        assert_eq!(Image::parse("library/team/postgres").family(), "library/team/postgres");
        assert_eq!(Image::parse("quay.io/team/postgres").basename(), "postgres");
    }

    #[test]
    fn mirrors_end_in_the_family() {
        let image = Image::parse("mcr.microsoft.com/oss/bitnami/redis:6.0.8");
        assert!(image.is_or_mirrors("bitnami/redis"));
        assert!(image.is_or_mirrors("redis"));
        assert!(image.is_or_mirrors("oss/bitnami/redis"));
        assert!(!image.is_or_mirrors("nami/redis"));
        assert!(!image.is_or_mirrors(""));
        assert!(!Image::parse("my-redis").is_or_mirrors("redis"));
    }

    #[test]
    fn tells_what_can_move() {
        let cases = [
            ("mysql", Pin::Untagged),
            ("mysql:", Pin::Untagged),
            ("mysql:latest", Pin::Moving("latest")),
            ("mysql:lts", Pin::Moving("lts")),
            ("mysql:innovation-oraclelinux9", Pin::Moving("innovation-oraclelinux9")),
            ("redis:alpine3.21", Pin::Moving("alpine3.21")),
            ("x:main", Pin::Moving("main")),
            ("mysql:8", Pin::Version { components: 1 }),
            ("redis:7-alpine", Pin::Version { components: 1 }),
            ("mysql:8.0", Pin::Version { components: 2 }),
            ("mysql:8.0.36-debian", Pin::Version { components: 3 }),
            ("quay.io/coreos/etcd:v3.5.12", Pin::Version { components: 3 }),
            ("mcr.microsoft.com/mssql/server:2022-latest", Pin::Version { components: 1 }),
            ("pgvector/pgvector:pg17", Pin::Other("pg17")),
            ("x:7f3e9d2", Pin::Other("7f3e9d2")),
            ("x:latest-7f3e9d2", Pin::Other("latest-7f3e9d2")),
            ("mysql:latest@sha256:abc", Pin::Digest),
        ];
        for (reference, pin) in cases {
            assert_eq!(Image::parse(reference).pin(), pin, "{reference}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,60}|[a-zA-Z0-9./:@_-]{0,60}") {
            let image = Image::parse(&text);
            let _ = (image.family(), image.basename(), image.pin(), image.is_or_mirrors("postgres"));
        }

        #[test]
        fn the_parts_make_the_whole(
            host in proptest::option::of("[a-z]{1,8}\\.[a-z]{2,3}(:[0-9]{2,4})?"),
            path in "[a-z0-9]{1,8}(/[a-z0-9_-]{1,8}){0,3}",
            tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9._-]{0,12}"),
            digest in proptest::option::of("sha256:[0-9a-f]{8}"),
        ) {
            let mut whole = String::new();
            if let Some(host) = &host { whole += host; whole += "/"; }
            whole += &path;
            if let Some(tag) = &tag { whole += ":"; whole += tag; }
            if let Some(digest) = &digest { whole += "@"; whole += digest; }
            // Without a host, a first part such as `localhost` would be taken for one.
            prop_assume!(host.is_some() || !path.starts_with("localhost/"));
            prop_assert_eq!(parts(&whole), (host.as_deref(), path.as_str(), tag.as_deref(), digest.as_deref()));
        }
    }
}
