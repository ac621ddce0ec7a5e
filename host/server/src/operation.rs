//! One operation of the REST interface: its parameters, body, answers and scope.

use axum::http::Method;
use jackfield_types::Scope;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// How a type is described, once a generator is there.
pub(super) type Made = fn(&mut SchemaGenerator) -> Schema;

/// What a body is.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Nothing,
    Json(Made),
    /// What everything that is refused is told as.
    Problem,
    /// Text or bytes of this media type.
    Raw(&'static str),
    /// Server-sent events; the data of each is this as JSON.
    Events(Made),
}

/// One status with one body. An operation may have several of one status.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) said: &'static str,
    pub(super) content: Content,
}

/// One method of one path.
#[derive(Clone)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// What generated clients call it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// None: it needs no token.
    pub(super) needs: Option<Scope>,
    pub(super) query: Vec<Made>,
    pub(super) takes: Option<Content>,
    pub(super) answers: Vec<Answer>,
    /// `Idempotency-Key` is heeded.
    pub(super) idempotent: bool,
    /// It has an `ETag`, and `If-None-Match` is heeded.
    pub(super) tagged: bool,
    /// Its `Link` header leads to the next page.
    pub(super) paged: bool,
    /// `Last-Event-ID` is heeded.
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

    /// To everybody.
    pub(super) fn open(self) -> Self {
        Self { needs: None, ..self }
    }

    /// What may follow the `?`.
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

    /// 200 with this as JSON.
    pub(super) fn answers<T: JsonSchema>(self, said: &'static str) -> Self {
        self.or::<T>(200, said)
    }

    /// This status with this as JSON.
    pub(super) fn or<T: JsonSchema>(self, status: u16, said: &'static str) -> Self {
        self.with(status, said, Content::Json(SchemaGenerator::subschema_for::<T>))
    }

    pub(super) fn with(mut self, status: u16, said: &'static str, content: Content) -> Self {
        self.answers.push(Answer { status, said, content });
        self
    }

    /// With `stream=true`, the same one by one as server-sent events.
    pub(super) fn or_events<T: JsonSchema>(mut self) -> Self {
        self.resumed = true;
        let events = Content::Events(SchemaGenerator::subschema_for::<T>);
        self.with(200, "With `stream=true`: as they come, as server-sent events.", events)
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

/// Something to look at.
pub(super) fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::GET, path, id, summary, Scope::Read)
}

/// Something to be done.
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
