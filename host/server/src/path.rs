//! The parts of a route's own path. An embedder may nest the router under a path that has parts of its own, which come
//! first and are nobody's business here, so that axum's extractor, which wants them all, does not do.

use super::refused::Refused;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use jackfield_types::{ErrorCode, Problem};
use std::fmt::Display;
use std::str::FromStr;

/// The last part of the path.
pub(super) struct Path<A>(pub(super) A);

/// The last two.
pub(super) struct Pair<A, B>(pub(super) A, pub(super) B);

impl<S: Send + Sync, A: FromStr<Err: Display>> FromRequestParts<S> for Path<A> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let [last] = last(parts, state).await?;
        Ok(Self(read(&last)?))
    }
}

impl<S: Send + Sync, A: FromStr<Err: Display>, B: FromStr<Err: Display>> FromRequestParts<S> for Pair<A, B> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let [one, other] = last(parts, state).await?;
        Ok(Self(read(&one)?, read(&other)?))
    }
}

async fn last<const N: usize, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<[String; N], Refused> {
    let all = RawPathParams::from_request_parts(parts, state).await.map_err(|error| bad(&error))?;
    let all: Vec<_> = all.iter().map(|(_, value)| value.to_owned()).collect();
    let found = all.last_chunk::<N>().cloned();
    // A route that asks for more than its pattern has would be a slip of this crate.
    found.ok_or_else(|| bad(&format!("the address has fewer than {N} parts of its own")))
}

fn read<A: FromStr<Err: Display>>(part: &str) -> Result<A, Refused> {
    part.parse().map_err(|error| bad(&format!("'{part}' in the address: {error}")))
}

fn bad(said: &impl Display) -> Refused {
    Problem::caller(ErrorCode::BadAddress, said.to_string(), "correct the address").into()
}
