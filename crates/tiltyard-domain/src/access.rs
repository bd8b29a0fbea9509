//! Who asks, what they ask for, and the `Permit` without which no data is reached.
//! Until authentication is configured there is one local identity with all rights.

use crate::Refusal;

/// Integer key of a workspace inside the store. MLflow's `default` workspace is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkspaceId(i64);

impl WorkspaceId {
    /// The workspace of everyone who names none.
    pub const DEFAULT: Self = Self(1);

    /// The integer that the store keeps.
    pub fn value(self) -> i64 {
        self.0
    }
}

/// Who asks. The name goes into the journal and, where MLflow has such a field, into `user_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Public name.
    pub name: String,
}

impl Identity {
    /// The one identity of a server without authentication.
    pub fn local() -> Self {
        Self { name: "local".to_owned() }
    }
}

/// What a route needs its caller to be allowed to do; a column of the route table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Open to everyone, touches no data: health, version.
    Probe,
    /// See metadata.
    ReadMetadata,
    /// Create or change experiments, runs and what they log.
    WriteRuns,
    /// Create or change models and versions, without moving a pointer.
    WriteModels,
    /// Move a pointer: a stage or an alias.
    MovePointer,
    /// Delete metadata.
    Delete,
    /// Read artifact bytes.
    ReadArtifacts,
    /// Write artifact bytes.
    WriteArtifacts,
    /// Delete artifact bytes.
    DeleteArtifacts,
    /// Look after the whole server: collect, check and move its bytes.
    Maintain,
}

/// Proof that an identity may perform an action in a workspace. Made only by [`decide`].
#[derive(Debug, Clone)]
pub struct Permit {
    identity: Identity,
    action: Action,
    workspace: WorkspaceId,
}

impl Permit {
    /// Who was permitted.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What was permitted.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Where it was permitted; the store makes it part of every query.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }
}

/// Decides whether `identity` may perform `action`. Every identity of this release is the local one, which may do all.
///
/// # Errors
/// `Denied` when the identity lacks the right.
pub fn decide(identity: Identity, action: Action, workspace: WorkspaceId) -> Result<Permit, Refusal> {
    Ok(Permit { identity, action, workspace })
}
