//! What the protocol asks of the host, each request on to the room that answers it.

use super::caller::{Caller, acting, modern};
use super::calls::Outcome;
use super::choice::Answers;
use super::inflight::InFlight;
use super::resources::{LISTING_MS, told};
use super::{calls, complete, output, prompts, resources, tasks, tools, watch};
use crate::traced;
use jackfield::{Host, clip};
use jackfield_config::Toolset;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CustomRequest, CustomResult, ErrorCode, ErrorData, GetPromptRequestParams,
    GetPromptResponse, GetTaskParams, GetTaskResult, Implementation, InitializeRequestParams,
    InitializeResult, JsonObject, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, SubscriptionFilter, Tool, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tracing::Instrument;

const INSTRUCTIONS: &str = "Jackfield runs coding agents (Claude Code, Codex, Gemini, shell) as budgeted, recorded work \
in git worktrees. Call `execute` with an instruction and an absolute workspace path. It answers with a short diagram; \
the work is committed to a branch `jackfield/RUN_ID/…` of the workspace. If it answers with a state of queued or running, call `result` with run_id \
until it is final. `auth_status` says who can work, `orchestrator_status` how the host and its money stand, \
`workflow_query` what happened. The log and the diff of a run are the resources run://RUN_ID/log and run://RUN_ID/diff.";

/// One client's side of the host.
#[derive(Clone)]
pub(super) struct Door {
    host: Host,
    calls: InFlight,
    /// Made once: building schemas for every call costs more than the call.
    tools: Arc<Vec<(Toolset, Tool)>>,
}

impl Door {
    pub(super) fn new(host: &Host, calls: InFlight) -> Self {
        Self { host: host.clone(), calls, tools: Arc::new(tools::all()) }
    }

    fn config(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_tools()
            .enable_tasks()
            .build();
        let mut config = ServerConfig::new(capabilities);
        config.server_info = Implementation::new("jackfield", jackfield::VERSION);
        config.instructions = Some(INSTRUCTIONS.to_owned());
        config
    }

    /// The host as whoever sent this request may use it.
    fn acting(&self, context: &RequestContext<RoleServer>) -> Host {
        acting(&self.host, context.extensions.get())
    }

    /// The tools that this client chose by its address.
    fn chosen(&self, caller: &Caller<'_>) -> impl Iterator<Item = &Tool> {
        let config = self.host.config();
        let choice = caller.choice.clone();
        let chosen = self.tools.iter().filter(move |(set, _)| choice.has(*set, &config.mcp.toolsets));
        chosen.map(|(_, tool)| tool)
    }

    /// Why a tool cannot be called, for a client that may only have to choose it.
    fn no_such_tool(&self, caller: &Caller<'_>, name: &str) -> ErrorData {
        let names: Vec<_> = self.chosen(caller).map(|tool| tool.name.as_ref()).collect();
        let elsewhere = self.tools.iter().find(|(_, tool)| tool.name == name);
        let hint = elsewhere.map_or_else(String::new, |(set, _)| {
            format!("; it is in the toolset {0}: add ?toolsets=core,{0} to the address", set.name())
        });
        let message = format!("there is no tool '{name}'; tools are {}{hint}", names.join(", "));
        ErrorData::invalid_params(message, None)
    }
}

/// Methods that the stateless era of the protocol no longer has.
const REMOVED: [&str; 3] = ["initialize", "ping", "logging/setLevel"];

/// Why parameters do not fit their method; none where there is no such method here.
fn unfit(method: &str, params: Value) -> Option<String> {
    fn as_<T: DeserializeOwned>(params: Value) -> Result<(), String> {
        serde_json::from_value::<T>(params).map(drop).map_err(|error| error.to_string())
    }
    let read = match method {
        "initialize" => as_::<InitializeRequestParams>(params),
        "tools/call" => as_::<CallToolRequestParams>(params),
        "resources/read" => as_::<ReadResourceRequestParams>(params),
        "prompts/get" => as_::<GetPromptRequestParams>(params),
        "completion/complete" => as_::<CompleteRequestParams>(params),
        "tasks/get" => as_::<GetTaskParams>(params),
        "tasks/update" => as_::<UpdateTaskParams>(params),
        "tasks/cancel" => as_::<CancelTaskParams>(params),
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
            as_::<PaginatedRequestParams>(params)
        }
        "ping" | "server/discover" | "subscriptions/listen" | "logging/setLevel" => Ok(()),
        _ => return None,
    };
    Some(read.err().unwrap_or_else(|| "a field has the wrong type".to_owned()))
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        self.config()
    }

    /// Clients of this era are offered what works for them: not tasks, whose answers their programs do not know,
    /// and no notices of change, which have no stream to come on.
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let mut info = self.negotiate_initialize(&request)?;
        info.capabilities.extensions = None;
        if let Some(resources) = info.capabilities.resources.as_mut() {
            resources.subscribe = None;
        }
        Ok(info)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = Caller::new(&self.host, &context);
        let mut tools: Vec<_> = self.chosen(&caller).cloned().collect();
        if caller.choice.answers == Answers::Text {
            tools.iter_mut().for_each(|tool| tool.output_schema = None);
        }
        // The address alone decides what is listed, so that everybody may share it.
        let listed = ListToolsResult::with_all_items(tools);
        Ok(listed.with_ttl_ms(LISTING_MS).with_cache_scope(CacheScope::Public))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|(_, tool)| tool.name == name).map(|(_, tool)| tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (caller, _known) = Caller::new(&self.host, &context).known(&self.calls);
        let name = request.name.as_ref();
        if !self.chosen(&caller).any(|tool| tool.name == name) {
            return Err(self.no_such_tool(&caller, name));
        }
        caller.host.caller().annotate(|audited| audited.tool = Some(name.to_owned()));
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let span = traced::tool(name, caller.trace());
        Ok(match calls::call(&caller, name, arguments).instrument(span).await {
            Ok(Outcome::Said(said)) => output::result(name, said, caller.choice.answers).into(),
            Ok(Outcome::Task(run)) => {
                tasks::created(&caller.host, run).await.map_err(|problem| told(&problem))?.into()
            }
            Err(problem) => output::refused(&problem).into(),
        })
    }

    /// A request of the protocol whose parameters do not fit is taken for one of another protocol by the library.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CustomRequest { method, params, .. } = request;
        let params = params.unwrap_or_else(|| Value::Object(JsonObject::new()));
        let is_removed = modern(&context) && REMOVED.contains(&method.as_str());
        let Some(why) = unfit(&method, params).filter(|_| !is_removed) else {
            let message = format!("unknown method '{}'", clip(&method, 100));
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None));
        };
        let message = format!("invalid parameters of {method}: {}", clip(&why, 1_000));
        Err(ErrorData::invalid_params(message, None))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let listed = ListPromptsResult::with_all_items(prompts::all());
        Ok(listed.with_ttl_ms(LISTING_MS).with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(prompts::get(&self.acting(&context), &request.name, request.arguments).await?.into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        resources::list(&self.acting(&context), request.and_then(|request| request.cursor)).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let listed = ListResourceTemplatesResult::with_all_items(resources::templates());
        Ok(listed.with_ttl_ms(LISTING_MS).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(resources::read(&self.acting(&context), &request.uri).await?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(CompleteResult::new(complete::complete(&self.acting(&context), &request).await?))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(watch::granted(requested))
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        watch::tell(&self.acting(subscription.request_context()), &subscription).await;
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        tasks::only_modern(&context, "tasks/get")?;
        tasks::get(&Caller::new(&self.host, &context), &request).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::only_modern(&context, "tasks/update")?;
        tasks::update(&Caller::new(&self.host, &context), request).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::only_modern(&context, "tasks/cancel")?;
        tasks::cancel(&Caller::new(&self.host, &context), &request).await
    }
}
