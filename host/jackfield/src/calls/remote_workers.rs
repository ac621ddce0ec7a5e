//! The calls of workers on other machines.

use crate::handles::RemoteWorkers;
use jackfield_api::remote::{
    Assignment, AssignmentRequest, AttemptProgress, Heartbeat, HeartbeatReply, ProgressReply, Registration,
    RoundResult, SentFile, WorkerTerms,
};
use jackfield_fleet::remote_workers::figures::{check_news, check_usage};
use jackfield_fleet::remote_workers::{LONGEST_WAIT, is_at_work, own, unwritable};
use jackfield_runs::scheduling::worker::LOOK;
use jackfield_store::{NewWorker, WorkerKind};
use jackfield_types::{AttemptId, ErrorCode, Problem, Scope, WorkerId, WorkspaceId};
use jackfield_workspace::{Commit, Packed, Source, WorkspaceError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

impl RemoteWorkers<'_> {
    /// Registers a remote worker, or registers it again. Returns the terms of its lease.
    ///
    /// # Errors
    /// A [`Problem`] if the worker id belongs to another principal, this principal has another worker, or the store
    /// cannot be written.
    pub async fn register(self, registration: Registration) -> Result<WorkerTerms, Problem> {
        self.0.caller.require(Scope::Work)?;
        own::check_bounds(&registration)?;
        let Registration { worker, name, version, slots, executors } = registration;
        let worker = NewWorker {
            id: worker,
            name,
            kind: WorkerKind::Remote,
            instance: format!("jackfield {version}"),
            slots,
            executors,
            workspaces: None,
            principal: Some(self.0.caller.name().to_owned()),
            lease: self.0.inner.remote.lease(),
        };
        self.require_registration(worker).await?;
        Ok(self.0.inner.remote.terms())
    }

    /// Ends a remote worker. The host recovers its runs at once.
    ///
    /// # Errors
    /// A [`Problem`] if the worker is not this principal's, or the store cannot be written.
    pub async fn release(self, worker: WorkerId) -> Result<(), Problem> {
        self.0.caller.require(Scope::Work)?;
        self.require_own(worker).await?;
        self.0.inner.store.workers().end(worker, "it was stopped").await?;
        self.0.inner.runs.recovery.recover().await;
        Ok(())
    }

    /// Waits for the next round for a remote worker, at most `wait_s` seconds. `None`: no run was available.
    ///
    /// # Errors
    /// A [`Problem`] if the worker is not this principal's, or the store cannot be read.
    pub async fn poll_assignment(self, asked: AssignmentRequest) -> Result<Option<Assignment>, Problem> {
        self.0.caller.require(Scope::Work)?;
        self.require_own(asked.worker).await?;
        let until = Instant::now() + Duration::from_secs(asked.wait_s).min(LONGEST_WAIT);
        loop {
            if self.0.inner.runs.shared.shutdown.closed.is_cancelled() {
                return Ok(None);
            }
            if let Some(assignment) = self.0.inner.remote.assign(&asked).await? {
                return Ok(Some(assignment));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            // A new run wakes only this host's own worker; remote workers poll.
            let _ = timeout(LOOK, self.0.inner.runs.shared.shutdown.closed.cancelled()).await;
        }
    }

    /// Records the heartbeat of a remote worker. Returns the attempts that it must end and those that it lost, at once
    /// if there are any, else after at most `wait_s` seconds.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn heartbeat(self, beat: Heartbeat) -> Result<HeartbeatReply, Problem> {
        self.0.caller.require(Scope::Work)?;
        if let Err(problem) = self.require_own(beat.worker).await {
            // The same reply as for an unknown worker: it must register, and registration is refused.
            let unknown = problem.code == own::UNKNOWN;
            let heard = HeartbeatReply {
                unknown,
                terms: self.0.inner.remote.terms(),
                end: Vec::new(),
                lost: beat.holds,
            };
            return if unknown { Ok(heard) } else { Err(problem) };
        }
        let lives = self.0.inner.store.workers().heartbeat(beat.worker, self.0.inner.remote.lease()).await?;
        let until = Instant::now() + Duration::from_secs(beat.wait_s).min(LONGEST_WAIT);
        loop {
            let heard = self.0.inner.remote.concerning(&beat, lives.given_up).await?;
            let news = heard.unknown
                || !heard.lost.is_empty()
                || heard.end.iter().any(|(attempt, _)| !beat.ending.contains(attempt));
            if news || Instant::now() >= until || self.0.inner.runs.shared.stop.is_cancelled() {
                return Ok(heard);
            }
            sleep(LOOK).await;
        }
    }

    /// Records the progress of an attempt that a remote worker reports.
    ///
    /// # Errors
    /// A [`Problem`] if the attempt was never assigned to that worker, or earlier events are missing.
    pub async fn report_progress(
        self,
        attempt: AttemptId,
        news: AttemptProgress,
    ) -> Result<ProgressReply, Problem> {
        self.0.caller.require(Scope::Work)?;
        check_news(&news)?;
        let found = self.require_assigned(news.worker, attempt).await?;
        let view = self.0.inner.store.runs().get(found.run).await?;
        if !is_at_work(&view, &found, news.worker) {
            self.0.inner.remote.late(&view, &found, &news).await?;
            return Ok(ProgressReply { heard: found.heard, lost: true, stop: None });
        }
        self.0.inner.remote.take_news(&view, &found, news).await
    }

    /// Returns the path to write a file of an attempt to before it is [accepted](Self::accept_file).
    ///
    /// # Errors
    /// A [`Problem`] if the attempt was never assigned to that worker, or the folder cannot be created.
    pub async fn upload_path(
        self,
        worker: WorkerId,
        attempt: AttemptId,
        file: SentFile,
    ) -> Result<PathBuf, Problem> {
        self.0.caller.require(Scope::Work)?;
        let found = self.require_assigned(worker, attempt).await?;
        let files = self.0.inner.folders.attempt_files(found.run, attempt);
        files.make().map_err(|failure| {
            Problem::operator(ErrorCode::DataFolder, failure.message, failure.remedy.unwrap_or_default())
        })?;
        let name = serde_json::to_value(file).ok().and_then(|name| name.as_str().map(str::to_owned));
        Ok(files.stdout.with_file_name(format!("{}.{worker}.part", name.unwrap_or_default())))
    }

    /// Accepts a complete file of an attempt. If the attempt is over, only its branch is accepted.
    ///
    /// # Errors
    /// A [`Problem`] if the attempt was never assigned to that worker, or the file cannot be moved or unpacked.
    pub async fn accept_file(
        self,
        worker: WorkerId,
        attempt: AttemptId,
        file: SentFile,
        written: &Path,
    ) -> Result<(), Problem> {
        self.0.caller.require(Scope::Work)?;
        let found = self.require_assigned(worker, attempt).await?;
        let view = self.0.inner.store.runs().get(found.run).await?;
        let files = self.0.inner.folders.attempt_files(found.run, attempt);
        let target = match file {
            SentFile::Work => return self.0.inner.remote.take_work(&view, &found, written).await,
            _ if !is_at_work(&view, &found, worker) => {
                return std::fs::remove_file(written).map_err(|error| unwritable(written, &error));
            }
            SentFile::Log => files.stdout,
            SentFile::Diff => files.diff,
        };
        std::fs::rename(written, &target).map_err(|error| unwritable(&target, &error))
    }

    /// Ends a round: decides the next step and settles its attempts. Repeating the call changes nothing.
    ///
    /// # Errors
    /// A [`Problem`] if an attempt of the round is missing, or the store cannot be written.
    pub async fn complete_round(self, over: RoundResult) -> Result<(), Problem> {
        self.0.caller.require(Scope::Work)?;
        over.attempts.iter().try_for_each(|attempt| check_usage(&attempt.usage))?;
        let Some(first) = over.attempts.first() else { return Ok(()) };
        let found = self.require_assigned(over.worker, first.id).await?;
        let view = self.0.inner.store.runs().get(found.run).await?;
        if !is_at_work(&view, &found, over.worker) {
            for attempt in &over.attempts {
                self.0.inner.remote.late_end(&view, attempt).await?;
            }
            return Ok(());
        }
        self.0.inner.remote.end_round(over, &view).await
    }

    /// Packs the checked-out commit of a workspace as a git bundle into `file`: its whole history, or the commits that
    /// `known` does not reach. Only for a worker that executes a run of that workspace.
    ///
    /// # Errors
    /// A [`Problem`] if the worker has no run there, the workspace is not a git repository, work in it is not allowed,
    /// or git fails.
    pub async fn pack_workspace(
        self,
        workspace: WorkspaceId,
        known: Option<&Commit>,
        file: &Path,
    ) -> Result<Packed, Problem> {
        self.0.caller.require(Scope::Work)?;
        match self.require_workspace(workspace).await? {
            Source::Git(repository) => repository.pack(known, file).await.map_err(|error| match &error {
                // A retry would not help: the worker returns the round with this problem.
                WorkspaceError::Git { .. } => Problem::caller(
                    ErrorCode::NotPacked,
                    error.to_string(),
                    "fix the repository on the host (it needs a commit, and its history), or let this host's own worker do it",
                ),
                _ => error.problem(),
            }),
            Source::Folder { path } => Err(Problem::operator(
                ErrorCode::NotARepository,
                format!("{} is a folder without git, and cannot travel", path.display()),
                "make it a repository (git init, git add, git commit), or let this host's own worker do it",
            )),
        }
    }

    /// Returns a new file name in the host's temporary folder.
    pub fn temporary_file(self, name: &str) -> PathBuf {
        self.0.inner.folders.temporary.join(format!("{name}-{}", AttemptId::new()))
    }
}
