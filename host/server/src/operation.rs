//! An operation of the REST interface: its parameters, body, responses and scope.

use axum::http::Method;
use jackfield_types::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Generates the schema of a type.
pub(super) type Made = fn(&mut SchemaGenerator) -> Schema;

/// The content of a body.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Nothing,
    Json(Made),
    /// A problem document.
    Problem,
    /// Text or bytes of this media type.
    Raw(&'static str),
    /// Server-sent events with this type as JSON data.
    Events(Made),
}

/// A response: one status with one body. An operation may have several with the same status.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) said: &'static str,
    pub(super) content: Content,
}

/// An operation: one method of one path.
#[derive(Clone)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// The name in generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// `None` if no token is required.
    pub(super) needs: Option<Scope>,
    pub(super) query: Vec<Made>,
    pub(super) takes: Option<Content>,
    pub(super) answers: Vec<Answer>,
    /// Accepts `Idempotency-Key`.
    pub(super) idempotent: bool,
    /// Returns an `ETag` and accepts `If-None-Match`.
    pub(super) tagged: bool,
    /// Returns a `Link` header to the next page.
    pub(super) paged: bool,
    /// Accepts `Last-Event-ID`.
    pub(super) resumed: bool,
}

impl Operation {
    fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        scope: Scope,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            needs: Some(scope),
            query: Vec::new(),
            takes: None,
            answers: Vec::new(),
            idempotent: false,
            tagged: false,
            paged: false,
            resumed: false,
        }
    }

    pub(super) fn needs(self, scope: Scope) -> Self {
        Self { needs: Some(scope), ..self }
    }

    /// Requires no token.
    pub(super) fn open(self) -> Self {
        Self { needs: None, ..self }
    }

    /// Adds query parameters.
    pub(super) fn asks<T: JsonSchema>(mut self) -> Self {
        self.query.push(T::json_schema);
        self
    }

    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        Self { takes: Some(Content::Json(SchemaGenerator::subschema_for::<T>)), ..self }
    }

    pub(super) fn takes_raw(self, media: &'static str) -> Self {
        Self { takes: Some(Content::Raw(media)), ..self }
    }

    /// Adds a 200 response with this type as JSON.
    pub(super) fn answers<T: JsonSchema>(self, said: &'static str) -> Self {
        self.or::<T>(200, said)
    }

    /// Adds a response with this status and this type as JSON.
    pub(super) fn or<T: JsonSchema>(self, status: u16, said: &'static str) -> Self {
        self.with(status, said, Content::Json(SchemaGenerator::subschema_for::<T>))
    }

    pub(super) fn with(mut self, status: u16, said: &'static str, content: Content) -> Self {
        self.answers.push(Answer { status, said, content });
        self
    }

    /// Adds server-sent events of this type for `stream=true`.
    pub(super) fn or_events<T: JsonSchema>(mut self) -> Self {
        self.resumed = true;
        let events = Content::Events(SchemaGenerator::subschema_for::<T>);
        self.with(200, "With `stream=true`: as they come, as server-sent events.", events)
    }

    /// Answers with server-sent events of this type.
    pub(super) fn events<T: JsonSchema>(self) -> Self {
        let events = Content::Events(SchemaGenerator::subschema_for::<T>);
        self.with(200, "As they come, as server-sent events.", events)
    }

    pub(super) fn idempotent(self) -> Self {
        Self { idempotent: true, ..self }
    }

    pub(super) fn tagged(self) -> Self {
        Self { tagged: true, ..self }
    }

    pub(super) fn paged(self) -> Self {
        Self { paged: true, ..self }
    }
}

/// A read operation.
pub(super) fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::GET, path, id, summary, Scope::Read)
}

/// A write operation.
pub(super) fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::POST, path, id, summary, Scope::Execute)
}

pub(super) fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PATCH, path, id, summary, Scope::Execute)
}

pub(super) fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PUT, path, id, summary, Scope::Execute)
}

pub(super) fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::DELETE, path, id, summary, Scope::Execute)
}
