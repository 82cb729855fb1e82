//! Reading bodies: no faster than memory is granted for them, no further than the limit.

use std::{net::IpAddr, pin::Pin};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use super::{
    config::Limits,
    limits::{PerPeer, Share},
    refusal::Refusal,
};

/// A body, and the permit for what becomes of it; to be dropped together.
pub(super) struct Collected {
    pub(super) bytes: Bytes,
    pub(super) permit: Share,
}

/// Reads a body. The permit grows with what arrives, not with what was announced: who announces much and sends little
/// holds little. Nobody waits for a permit, since those who wait would hold what the others wait for.
///
/// When it fails, the rest of the body is still to be read: see [`discard`].
pub(super) async fn collect<B>(
    mut body: Pin<&mut B>,
    limits: &Limits,
    permits: &PerPeer,
    peer: IpAddr,
) -> Result<Collected, Refusal>
where
    B: Body<Data = Bytes>,
{
    let announced = body.size_hint().exact();
    if announced.is_some_and(|bytes| bytes > to_u64(limits.body_bytes)) {
        return Err(Refusal::TooLarge(limits.body_bytes));
    }
    let mut permit = permits.try_take(peer, 0).map_err(|_| Refusal::Overloaded)?;
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
        let arrived = whole.len().saturating_add(data.len());
        if arrived > limits.body_bytes {
            return Err(Refusal::TooLarge(limits.body_bytes));
        }
        permit.grow_to(limits.weight(arrived)).map_err(|_| Refusal::Overloaded)?;
        if whole.is_empty() && announced == Some(to_u64(data.len())) {
            // The usual case: all of it at once, not copied.
            return Ok(Collected { bytes: data, permit });
        }
        // Copied, because a frame keeps all of the buffer alive that it was read into.
        whole.extend_from_slice(&data);
    }
    Ok(Collected { bytes: whole.freeze(), permit })
}

/// Reads and drops the rest of a body, so that the answer is not lost to the reset that unread bytes cause. True if
/// it came to its end within `most` bytes.
pub(super) async fn discard<B>(mut body: Pin<&mut B>, most: usize) -> bool
where
    B: Body<Data = Bytes>,
{
    let mut left = most;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(less) => left = less,
            None => return false,
        }
    }
    true
}

fn to_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
