//! `jackfield demo`.

use jackfield_behaviour::Ground;

#[tokio::test]
async fn demo_runs_the_main_workflow_and_leaves_no_files() {
    let ground = Ground::new();
    let told = ground.cli().run(["demo"]).await.fine();
    for shown in [
        "flowchart LR",
        "new hello.rs +3",
        "diff --git a/hello.rs b/hello.rs",
        "+    println!(\"hello from a worktree\");",
        "breaker closed",
        "all daily",
        "headline.wasm -> serving",
        "DONE: printf",
    ] {
        assert!(told.stdout.contains(shown), "'{shown}' is not shown: {}", told.stdout);
    }
    let diagrams = told.stdout.matches("flowchart LR").count();
    assert_eq!(diagrams, 1, "the second answer is the dropped component's");
    ground.leave();
}

#[tokio::test]
async fn kept_demo_prints_its_folder_and_can_be_inspected() {
    let ground = Ground::new();
    let told = ground.cli().run(["demo", "--keep"]).await.fine();
    let kept = told.stdout.lines().find_map(|line| line.strip_prefix("kept: ")).expect("where it is");
    let runs = ground.cli().run(["runs", "--json", "--data", &format!("{kept}/data")]).await.fine().json();
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "{runs}");
    assert_eq!(runs[0]["state"], "succeeded");
    std::fs::remove_dir_all(kept).unwrap();
    ground.leave();
}
