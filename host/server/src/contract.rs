//! The routes of REST with their parameters, responses and scopes. The router and the OpenAPI description come from
//! the same operations, so they cannot differ.

use super::guard::Needed;
use super::operation::{Operation, get};
use super::{etag, openapi};
use axum::extract::OriginalUri;
use axum::handler::Handler;
use axum::middleware::from_fn;
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};
use jackfield::Host;
use std::future::ready;

/// Routes and their operations.
pub(super) struct Routes {
    router: Router<Host>,
    operations: Vec<Operation>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self { router: Router::new(), operations: Vec::new() }
    }

    pub(super) fn on<H, T>(mut self, operation: Operation, handler: H) -> Self
    where
        H: Handler<T, Host>,
        T: 'static,
    {
        // Every method of an operation is one of the filter's.
        let method = MethodFilter::try_from(operation.method.clone()).unwrap_or(MethodFilter::GET);
        let mut route = on(method, handler);
        // Load balancer probes may add any query to open routes.
        if operation.query.is_empty() && operation.needs.is_some() {
            // Not of the methods that the path does not have: those are refused as such.
            route = route.route_layer(from_fn(super::rest_query::no_parameters));
        }
        if operation.tagged {
            route = route.layer(from_fn(etag::tag));
        }
        if let Some(scope) = operation.needs {
            route = route.layer(Extension(Needed(scope)));
        }
        self.router = self.router.route(operation.path, route);
        self.operations.push(operation);
        self
    }

    /// Applies a layer to all routes so far.
    pub(super) fn all(self, change: impl FnOnce(Router<Host>) -> Router<Host>) -> Self {
        Self { router: change(self.router), ..self }
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.operations.extend(other.operations);
        Self { router: self.router.merge(other.router), operations: self.operations }
    }

    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    pub(super) fn into_router(self, host: Host) -> Router {
        self.router.with_state(host)
    }

    /// Adds the route of the OpenAPI description of `operations` and these.
    pub(super) fn with_description(self, operations: &[Operation]) -> Self {
        let own = get(openapi::PATH, "describe", "This description.")
            .open()
            .answers::<serde_json::Map<String, serde_json::Value>>("OpenAPI 3.1.")
            .tagged();
        let all = [operations, &self.operations, std::slice::from_ref(&own)].concat();
        let described = openapi::Described::new(all);
        let answer = move |uri: OriginalUri| ready(described.answer(&uri));
        self.on(own, answer)
    }
}
