//! Requests that are made again: an answer that broke off, or an API server that has no time just now, is no reason to go without.
use std::time::Duration;

use super::fetch::FetchError;

/// How often a request is repeated. API servers that are being replaced are away for moments; longer is for a person to know.
const MOST: u32 = 3;
/// The wait before the first repetition, and twice as long before each other, where the API server does not say how long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait that an API server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Asks, and asks again while the answer may be another one.
pub(super) async fn patiently<T>(ask: impl AsyncFn() -> Result<T, FetchError>) -> Result<T, FetchError> {
    unless(FetchError::is_passing, ask).await
}

/// The same, where a connection that fails is told at once.
pub(super) async fn if_refused<T>(ask: impl AsyncFn() -> Result<T, FetchError>) -> Result<T, FetchError> {
    unless(|error| error.is_refusal() && error.is_passing(), ask).await
}

async fn unless<T>(
    is_passing: impl Fn(&FetchError) -> bool,
    ask: impl AsyncFn() -> Result<T, FetchError>,
) -> Result<T, FetchError> {
    let mut wait = FIRST_WAIT;
    for _ in 0..MOST {
        match ask().await {
            Err(error) if is_passing(&error) => {
                tokio::time::sleep(error.retry_after().unwrap_or(wait).min(LONGEST_WAIT)).await;
                wait *= 2;
            }
            done => return done,
        }
    }
    ask().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    fn refused(code: u16, seconds: u32) -> FetchError {
        FetchError::refused(code, "", Some(seconds).filter(|seconds| *seconds > 0))
    }

    /// How often it was asked, whether it succeeded, and how long that took.
    async fn asked(failures: u32, error: impl Fn() -> FetchError) -> (u32, bool, Duration) {
        let (count, begin) = (Cell::new(0), Instant::now());
        let ask = async || {
            count.set(count.get() + 1);
            if count.get() <= failures { Err(error()) } else { Ok(()) }
        };
        let is_ok = patiently(ask).await.is_ok();
        (count.get(), is_ok, begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_waited_for() {
        for code in [429, 500, 502, 503, 504] {
            let (count, is_ok, took) = asked(1, || refused(code, 0)).await;
            assert_eq!((count, is_ok), (2, true), "{code}");
            assert!(took >= FIRST_WAIT && took < FIRST_WAIT * 2, "{code}: {took:?}");
        }
        let broken = || FetchError::Read("connection reset".into());
        assert_eq!(asked(3, broken).await.0, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn what_lasts_is_given_up() {
        let (count, is_ok, took) = asked(u32::MAX, || refused(503, 0)).await;
        assert_eq!((count, is_ok), (4, false));
        assert!(took >= FIRST_WAIT * 7 && took < FIRST_WAIT * 8, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_api_server_says_how_long() {
        let (_, is_ok, took) = asked(1, || refused(429, 5)).await;
        assert!(is_ok && took >= Duration::from_secs(5) && took < Duration::from_secs(6), "{took:?}");
        let (_, _, took) = asked(1, || refused(429, u32::MAX)).await;
        assert!(took < Duration::from_secs(31), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_an_answer() {
        for code in [400, 401, 403, 404, 410] {
            assert_eq!(asked(1, || refused(code, 0)).await, (1, false, Duration::ZERO), "{code}");
        }
        assert_eq!(asked(1, || FetchError::TooLarge).await.0, 1);
    }
}
