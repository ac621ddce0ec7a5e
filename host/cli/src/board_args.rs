//! Arguments of `board`, `card`, `recipe` and `skill`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Create a card
    ///
    /// A running server does what the recipe of its stage says.
    Add(AddCard),
    /// List cards
    List {
        /// Filter by workspace: name, path or ID
        #[arg(long, short)]
        workspace: Option<String>,
        /// Filter by stage
        #[arg(long)]
        stage: Option<String>,
        /// Filter by text in the title
        #[arg(long)]
        text: Option<String>,
        /// Maximum number of cards to list
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show a card with its steps and moves
    Show {
        /// Card ID or unique prefix
        card: String,
    },
    /// Change what a card says; what is not given stays as it is
    Edit(EditCard),
    /// Move a card to a stage
    Move {
        /// Card ID or unique prefix
        card: String,
        /// Stage
        stage: String,
        /// Reason, recorded with the move
        #[arg(long, default_value = "moved on the command line")]
        reason: String,
    },
    /// Start the stage of a card
    Start {
        /// Card ID or unique prefix
        card: String,
    },
    /// Approve the work of a stage and move the card to the next one
    Approve {
        /// Card ID or unique prefix
        card: String,
        /// Reason, recorded with the move
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Record a metric of a card
    Metric {
        /// Card ID or unique prefix
        card: String,
        /// Name of the metric
        name: String,
        /// Value
        #[arg(allow_hyphen_values = true)]
        value: f64,
    },
    /// Wait until a card needs a person, or nothing is left to do for it in its stage
    Wait {
        /// Card ID or unique prefix
        card: String,
        /// Maximum time to wait, in seconds
        #[arg(long, default_value_t = 3600)]
        timeout: u64,
    },
    /// List the documents of a card, or print one
    Document {
        /// Card ID or unique prefix
        card: String,
        /// File in the folder of the card, such as `prd.md`
        path: Option<String>,
    },
    /// Remove a card from the board; its runs stay on record
    Rm {
        /// Card ID or unique prefix
        card: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddCard {
    /// Title
    pub(crate) title: String,
    /// Text of the card; `-` reads it from standard input
    #[arg(long, default_value = "", conflicts_with = "body_file")]
    pub(crate) body: String,
    /// File with the text of the card, such as a transcript
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// Workspace: a configured name or a path
    #[arg(long, short, default_value = ".")]
    pub(crate) workspace: String,
    /// Stage to begin in [default: the first one]
    #[arg(long)]
    pub(crate) stage: Option<String>,
    /// Label; repeat for several
    #[arg(long = "label", value_name = "LABEL")]
    pub(crate) labels: Vec<String>,
    /// Priority, -100 to 100; higher goes first
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Person or agent that it is assigned to
    #[arg(long)]
    pub(crate) assignee: Option<String>,
    /// Card that has to pass a stage before this one begins it: ID or unique prefix; repeat for several
    #[arg(long = "depends-on", value_name = "CARD")]
    pub(crate) depends_on: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EditCard {
    /// Card ID or unique prefix
    pub(crate) card: String,
    /// Title
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Text of the card; `-` reads it from standard input
    #[arg(long, conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// File with the text of the card
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// Labels in place of those that it has; repeat for several, '' for none
    #[arg(long = "label", value_name = "LABEL")]
    pub(crate) labels: Option<Vec<String>>,
    /// Priority, -100 to 100; higher goes first
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) priority: Option<i32>,
    /// Assignee, a person or an agent; '' removes the assignment
    #[arg(long)]
    pub(crate) assignee: Option<String>,
    /// Cards that have to pass a stage before this one begins it, in place of those that it has; '' for none
    #[arg(long = "depends-on", value_name = "CARD")]
    pub(crate) depends_on: Option<Vec<String>>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecipeCommand {
    /// Show or change how far the cards of a workspace move by themselves
    Settings {
        /// Mode: manual, auto_to_stage or auto_all
        #[arg(long)]
        mode: Option<String>,
        /// Last stage that `auto_to_stage` enters and starts by itself
        #[arg(long, requires = "mode")]
        stop_stage: Option<String>,
        /// Workspace: a configured name or a path
        #[arg(long, short, default_value = ".")]
        workspace: String,
    },
    /// List the recipes of a workspace
    List {
        /// Workspace: a configured name or a path
        #[arg(long, short, default_value = ".")]
        workspace: String,
    },
    /// Print the recipe of a stage as JSON
    Show {
        /// Stage
        stage: String,
        /// Workspace: a configured name or a path
        #[arg(long, short, default_value = ".")]
        workspace: String,
    },
    /// Replace the recipe of a stage with that of a JSON file
    Set {
        /// Stage
        stage: String,
        /// File with the recipe, as `recipe show` prints it
        file: PathBuf,
        /// Workspace: a configured name or a path
        #[arg(long, short, default_value = ".")]
        workspace: String,
    },
    /// Check a recipe in a JSON file
    Check {
        /// File with the recipe
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SkillCommand {
    /// List skills
    List {
        /// Filter by text in the ID, the title, the description or a tag
        text: Option<String>,
    },
    /// Show a skill with its findings and its prompt
    Show {
        /// Skill ID
        skill: String,
    },
    /// Read the skills of a folder
    Sync {
        /// Folder with one folder for each skill [default: `skills` in the data folder]
        folder: Option<PathBuf>,
    },
    /// Trust a skill as it is on record
    Vet {
        /// Skill ID
        skill: String,
        /// Level of trust: vetted, community or experimental
        #[arg(long, default_value = "vetted")]
        trust: String,
    },
    /// Remove a skill from the records
    Rm {
        /// Skill ID
        skill: String,
    },
}
