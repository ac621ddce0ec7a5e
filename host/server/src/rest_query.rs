//! What follows the `?` of an address, in whichever spelling, with errors that name the parameter.

use super::fields;
use super::refused::refuse;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use jackfield_api::bounds;
use jackfield_types::{ErrorCode, Problem};
use schemars::JsonSchema;
use serde::Deserialize;

/// What follows the `?`, in whichever spelling.
pub(super) struct Asked<T>(Result<T, Problem>);

impl<S: Send + Sync, T: for<'de> Deserialize<'de> + JsonSchema> FromRequestParts<S> for Asked<T> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(asked(&parts.uri)))
    }
}

fn asked<T: for<'de> Deserialize<'de> + JsonSchema>(uri: &Uri) -> Result<T, Problem> {
    let refused = |why: String| {
        Problem::caller(
            ErrorCode::BadQuery,
            why,
            "use the parameters that GET /openapi.json lists for this route after the `?` of the address",
        )
    };
    let Query(pairs): Query<Vec<(String, String)>> =
        Query::try_from_uri(uri).map_err(|rejection| refused(rejection.body_text()))?;
    pairs.iter().try_for_each(|(name, value)| bounds::check_text(name, value))?;
    let error = match Query::try_from_uri(uri) {
        Ok(Query(read)) => return Ok(read),
        Err(rejection) => rejection.body_text(),
    };
    let named = fields::names::<T>(pairs).map_err(refused)?;
    let written = named.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let again: Uri =
        format!("/?{}", written.collect::<Vec<_>>().join("&")).parse().map_err(|_| refused(error))?;
    Query::try_from_uri(&again).map(|Query(read)| read).map_err(|rejection| refused(rejection.body_text()))
}

/// A value as it stands in an address.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    value
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What follows the `?`, with errors that name it.
pub(super) fn query<T>(asked: Asked<T>) -> Result<T, Problem> {
    asked.0
}

/// Of a route that takes no parameters.
pub(super) async fn no_parameters(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    if request.uri().query().is_none_or(str::is_empty) {
        return next.run(request).await;
    }
    let problem = Problem::caller(
        ErrorCode::BadQuery,
        "this route takes no parameters",
        "leave out what follows the `?` of the address",
    );
    refuse(StatusCode::BAD_REQUEST, problem)
}
