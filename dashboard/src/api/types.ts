// Short names for what the host sends. Everything comes from its OpenAPI description (`npm run api`).
import type { components } from './schema';

type Schemas = components['schemas'];

export type RunSummary = Schemas['RunSummary'];
export type TaskSummary = Schemas['TaskSummary'];
export type Verified = Schemas['Verified'];
export type Session = Schemas['SessionView'];
export type BrowserSession = Schemas['BrowserSession'];
export type LoginAnswer = Schemas['LoginAnswer'];
export type SpendingDay = Schemas['SpendingDay'];
export type EffectiveKey = Schemas['EffectiveKey'];
export type ChangedFile = Schemas['ChangedFile'];
export type RunState = Schemas['RunState'];
export type TaskState = Schemas['TaskState'];
export type RunView = Schemas['RunView'];
export type TaskView = Schemas['TaskView'];
export type Task = Schemas['Task'];
export type Attempt = Schemas['Attempt'];
export type Outcome = Schemas['Outcome'];
export type Failure = Schemas['Failure'];
export type CheckResult = Schemas['CheckResult'];
export type Answer = Schemas['Answer'];
export type Explanation = Schemas['Explanation'];
export type ExplainedStep = Schemas['ExplainedStep'];
export type Round = Schemas['Round'];
export type Decision = Schemas['Decision'];
export type HumanTask = Schemas['HumanTask'];
export type HumanAnswer = Schemas['HumanAnswer'];
export type BreakerStatus = Schemas['BreakerStatus'];
export type LimitStatus = Schemas['LimitStatus'];
export type HostStatus = Schemas['OrchestratorStatus'];
export type ExecutorStatus = Schemas['ExecutorStatus'];
export type ProviderLimit = Schemas['ProviderLimit'];
export type AuthStatus = Schemas['AuthStatus'];
export type WorkersStatus = Schemas['WorkersStatus'];
export type WorkerLine = Schemas['WorkerLine'];
export type WorkflowStats = Schemas['WorkflowStats'];
export type ModelStats = Schemas['ModelStats'];
export type PluginsAnswer = Schemas['PluginsAnswer'];
export type PluginStatus = Schemas['PluginStatus'];
export type PluginVersion = Schemas['PluginVersion'];
export type PluginKind = Schemas['PluginKind'];
export type Inspection = Schemas['Inspection'];
export type ShadowAnswer = Schemas['ShadowAnswer'];
export type Shadowed = Schemas['Shadowed'];
export type Replayed = Schemas['Replayed'];
export type Grant = Schemas['Grant'];
export type AuditEntry = Schemas['AuditEntry'];
export type AccessToken = Schemas['AccessToken'];
export type TokenMade = Schemas['TokenMade'];
export type Scope = Schemas['Scope'];
export type ExecuteRequest = Schemas['ExecuteRequest'];
export type Handle = Schemas['Handle'];
export type BoardOverview = Schemas['BoardOverview'];
export type StageOverview = Schemas['StageOverview'];
export type StageState = Schemas['StageState'];
export type Card = Schemas['Card'];
export type CardView = Schemas['CardView'];
export type CardRequest = Schemas['CardRequest'];
export type CardPatch = Schemas['CardPatch'];
export type CardChanged = Schemas['CardChanged'];
export type StepRun = Schemas['StepRun'];
export type Transition = Schemas['Transition'];
export type GateResult = Schemas['GateResult'];
export type CardLink = Schemas['CardLink'];
export type JuryRecord = Schemas['JuryRecord'];
export type Ballot = Schemas['Ballot'];
export type DocumentText = Schemas['DocumentText'];
export type Artifact = Schemas['Artifact'];
export type AutomationLevel = Schemas['AutomationLevel'];
export type AutomationMode = Schemas['AutomationMode'];
export type OnFail = Schemas['OnFail'];
export type Recipe = Schemas['Recipe'];
export type RecipeRecord = Schemas['RecipeRecord'];
export type RecipeInput = RecipeRecord['recipe'];
export type SettingsRecord = Schemas['SettingsRecord'];
export type Validation = Schemas['Validation'];
export type SkillView = Schemas['SkillView'];
export type SkillSync = Schemas['SkillSync'];
export type Trust = Schemas['Trust'];
export type ProblemDocument = Schemas['ProblemDocument'];

/** An event as the client reads it: kinds may be added, so the payload is narrowed where it is used. */
export interface LogEvent {
  seq: number;
  at: string;
  kind: string;
  attempt?: string | null;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  payload: any;
}

/** An event of the host's own log. */
export interface HostEvent extends LogEvent {
  subject: string;
}
