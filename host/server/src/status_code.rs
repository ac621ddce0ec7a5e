//! The status of a problem's response.

use axum::http::StatusCode;
use jackfield_types::{Audience, ErrorClass, Problem};

/// The class of the problem's code determines the status; for a general class, its audience does.
pub(super) fn status_of(problem: &Problem) -> StatusCode {
    match (problem.code.class(), problem.audience) {
        (ErrorClass::Budget, _) => StatusCode::PAYMENT_REQUIRED,
        (ErrorClass::Timeout, _) => StatusCode::REQUEST_TIMEOUT,
        (ErrorClass::TooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        (ErrorClass::Conflict, _) => StatusCode::CONFLICT,
        (ErrorClass::Gone, _) => StatusCode::GONE,
        (ErrorClass::Forbidden, _) => StatusCode::FORBIDDEN,
        (ErrorClass::NotFound, Audience::Caller) => StatusCode::NOT_FOUND,
        (_, Audience::Caller) => StatusCode::BAD_REQUEST,
        (_, Audience::Operator) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Audience::Author) => StatusCode::BAD_GATEWAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::ErrorCode;

    #[test]
    fn status_of_a_problem_follows_from_the_class_of_its_code() {
        let of_caller = |code| status_of(&Problem::caller(code, "", "")).as_u16();
        for (code, status) in [
            (ErrorCode::BudgetExhausted, 402),
            (ErrorCode::InsufficientScope, 403),
            (ErrorCode::RunNotFound, 404),
            (ErrorCode::NoSuchRoute, 404),
            (ErrorCode::BodyTimeout, 408),
            (ErrorCode::RunActive, 409),
            (ErrorCode::RunTakenOver, 409),
            (ErrorCode::IdempotencyConflict, 409),
            (ErrorCode::DiffGone, 410),
            (ErrorCode::BodyTooLarge, 413),
            (ErrorCode::BadRequest, 400),
            (ErrorCode::parse("of_another_host"), 400),
        ] {
            assert_eq!(of_caller(code.clone()), status, "{code}");
        }
        let of_operator = Problem::operator(ErrorCode::NoSuchGate, "", "");
        assert_eq!(
            status_of(&of_operator),
            StatusCode::SERVICE_UNAVAILABLE,
            "the operator's set-up is at fault"
        );
        let of_author = Problem::author(ErrorCode::BadCommand, "", "");
        assert_eq!(status_of(&of_author), StatusCode::BAD_GATEWAY);
    }
}
