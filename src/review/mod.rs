//! AdmissionReviews, in and out.
mod respond;

use crate::{
    terms::Operation,
    tree::{JsonError, Node, Tree},
};

pub use respond::{Reply, Status};

/// Why a body is no review that can be answered. Each is an HTTP 400, or 413 where it says so.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The body is not UTF-8.
    #[error("the body is not valid UTF-8")]
    NotText(#[from] std::str::Utf8Error),
    /// The body is not JSON, or nested too deeply.
    #[error("the body is no AdmissionReview")]
    Malformed(#[source] serde_json::Error),
    /// The body holds too many values; HTTP 413.
    #[error("the body holds more than {} values", crate::tree::MAX_ENTRIES)]
    TooMany,
    /// Another version or kind.
    #[error("expected apiVersion admission.k8s.io/v1 and kind AdmissionReview")]
    WrongVersion,
    /// No request.
    #[error("the review has no request")]
    NoRequest,
    /// No uid to echo.
    #[error("the request has no uid")]
    NoUid,
    /// An operation that does not exist.
    #[error("the request's operation is none of CREATE, UPDATE, DELETE, CONNECT")]
    Operation,
}

impl ReviewError {
    /// True where the body was too large rather than wrong.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        matches!(self, Self::TooMany)
    }
}

/// One review. Everything is borrowed from its tree.
#[derive(Debug, Clone, Copy)]
pub struct Review<'t> {
    /// To be echoed.
    pub uid: &'t str,
    /// What is done.
    pub operation: Operation,
    /// `apps`; empty for the core group.
    pub group: &'t str,
    /// `StatefulSet`.
    pub kind: &'t str,
    /// `scale`; empty for the object itself.
    pub subresource: &'t str,
    /// Empty for cluster-scoped objects.
    pub namespace: &'t str,
    /// The object's name; for a name that is yet to be made its prefix.
    pub name: &'t str,
    /// Who asks.
    pub user: &'t str,
    /// True when nothing will be stored.
    pub dry_run: bool,
    /// The object as it would be; absent on DELETE.
    pub object: Node<'t>,
    /// The object as it is; absent on CREATE.
    pub old: Node<'t>,
}

/// Reads the bytes of a request body.
///
/// # Errors
/// When they are not UTF-8, no JSON, too deep, or hold too many values.
pub fn read(body: &[u8]) -> Result<Tree<'_>, ReviewError> {
    let text = std::str::from_utf8(body)?;
    let mut tree = Tree::from_json(text).map_err(|e| match e {
        JsonError::Malformed(source) => ReviewError::Malformed(source),
        JsonError::TooMany => ReviewError::TooMany,
    })?;
    tree.mark_tops("request", ["object", "oldObject"]);
    Ok(tree)
}

/// What is asked about: `statefulsets`, also where the kind is that of a subresource. Only few reviews need it, so it stays unread until then.
#[must_use]
pub fn resource(tree: &Tree<'_>) -> Option<String> {
    let text = tree.root().path("request.resource").unread()?;
    Tree::from_json(text).ok()?.root().get("resource").str().map(str::to_owned)
}

/// True for a DELETE that leaves what belongs to the object where it is.
#[must_use]
pub fn orphans(tree: &Tree<'_>) -> bool {
    options(tree).is_some_and(|options| {
        let options = options.root();
        options.get("propagationPolicy").str() == Some("Orphan") || options.get("orphanDependents").bool() == Some(true)
    })
}

/// True for a DELETE that waits for nothing to end.
#[must_use]
pub fn is_forced(tree: &Tree<'_>) -> bool {
    options(tree).is_some_and(|options| options.root().get("gracePeriodSeconds").i64() == Some(0))
}

/// The options of the request, which few reviews need.
fn options<'t>(tree: &'t Tree<'_>) -> Option<Tree<'t>> {
    tree.root().path("request.options").unread().and_then(|text| Tree::from_json(text).ok())
}

impl<'t> Review<'t> {
    /// The object as people name it in a log: `StatefulSet shop/db`.
    #[must_use]
    pub fn object_name(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// Finds the request in a tree made by [`read`].
    ///
    /// # Errors
    /// When it is of another version, or lacks what an answer needs.
    pub fn of(tree: &'t Tree<'t>) -> Result<Self, ReviewError> {
        let root = tree.root();
        if root.get("apiVersion").str() != Some("admission.k8s.io/v1")
            || root.get("kind").str() != Some("AdmissionReview")
        {
            return Err(ReviewError::WrongVersion);
        }
        let request = root.get("request");
        if !request.is_set() {
            return Err(ReviewError::NoRequest);
        }
        let uid = request.get("uid").str().filter(|u| !u.is_empty()).ok_or(ReviewError::NoUid)?;
        let operation = request.get("operation").text().parse().map_err(|_| ReviewError::Operation)?;
        let (object, old) = (request.get("object"), request.get("oldObject"));
        let subject = if object.is_set() { object } else { old };
        let named = |metadata: Node<'t>| {
            metadata.get("name").str().or_else(|| metadata.get("generateName").str()).unwrap_or("")
        };
        Ok(Self {
            uid,
            operation,
            group: request.path("kind.group").text(),
            kind: request.path("kind.kind").text(),
            subresource: request.get("subResource").text(),
            namespace: request.get("namespace").text(),
            name: request.get("name").str().filter(|n| !n.is_empty()).unwrap_or_else(|| named(subject.get("metadata"))),
            user: request.path("userInfo.username").text(),
            dry_run: request.get("dryRun").bool().unwrap_or(false),
            object,
            old,
        })
    }
}
