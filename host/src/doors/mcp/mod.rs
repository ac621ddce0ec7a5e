//! MCP over Streamable HTTP at `/mcp`, for clients that open with `initialize` and for stateless
//! ones, on one endpoint.

mod calls;
mod schema;
mod tools;
mod workflow;

use crate::Host;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod, CompleteRequestParams,
    CompleteResult, ContentBlock, ErrorData, Implementation, ListPromptsRequestMethod, ListPromptsResult,
    ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::sync::Arc;

const INSTRUCTIONS: &str = "Jackfield runs coding agents (Claude Code, Codex, Gemini, shell) as budgeted, recorded work \
in git worktrees. Call `execute` with an instruction and an absolute workspace path. It answers with a short diagram; \
the work is committed to a branch `jackfield/RUN_ID/…` of the workspace. If it answers with a state of queued or running, call `result` with run_id \
until it is final. `auth_status` says who can work, `breaker` what money is left, `workflow_query` what happened.";

/// Where in `_meta` of a result its data is, for programs. As structured content it would reach the
/// model in place of the text: Claude Code and Codex show it nothing else where there is any.
const DATA: &str = "jackfield/data";

/// The service to nest under `/mcp`.
pub(super) fn service(host: &Host) -> StreamableHttpService<Door, NeverSessionManager> {
    let door = Door { host: host.clone(), tools: Arc::new(tools::all()) };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        // JSON where nothing comes before the answer, a stream from the first progress on.
        .with_json_response(true)
        .with_allowed_hosts(["127.0.0.1", "localhost", "[::1]", "::1"])
        .with_allowed_origins(["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"])
        .enforce_origin_validation()
        .with_max_request_body_bytes(super::http::LARGEST_BODY);
    StreamableHttpService::new(move || Ok(door.clone()), Arc::new(NeverSessionManager::default()), config)
}

fn with_data(mut result: CallToolResult, data: serde_json::Value) -> CallToolResult {
    result.meta.get_or_insert_default().0.insert(DATA.to_owned(), data);
    result
}

/// One client's side of the host.
#[derive(Clone)]
pub(super) struct Door {
    host: Host,
    /// Made once: building schemas for every call costs more than the call.
    tools: Arc<Vec<Tool>>,
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        let mut config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        config.server_info = Implementation::new("jackfield", crate::VERSION);
        config.instructions = Some(INSTRUCTIONS.to_owned());
        config
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.as_ref().clone()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.get_tool(&request.name).is_none() {
            let names: Vec<_> = self.tools.iter().map(|tool| tool.name.as_ref()).collect();
            let message = format!("there is no tool '{}'; tools are {}", request.name, names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
        let arguments = serde_json::Value::Object(request.arguments.unwrap_or_default());
        let said = match calls::call(&self.host, &request.name, arguments, &context).await {
            Ok(said) => with_data(CallToolResult::success(vec![ContentBlock::text(said.text)]), said.data),
            Err(problem) => {
                let result = CallToolResult::error(vec![ContentBlock::text(problem.to_string())]);
                with_data(result, serde_json::to_value(&problem).unwrap_or_default())
            }
        };
        Ok(said.into())
    }

    // What is not offered is answered as unknown: an empty list, which is what rmcp would give, says
    // that it is offered.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}
