//! The whole journal, followed entry by entry: `GET /api/tiltyard/v1/journal`.
//! What happened to one model is in `pointers`.

request! {
    /// `GET journal`
    pub struct FollowJournal {
        /// The last entry that is known; all of them follow 0.
        pub after: Option<i64>,
        /// For how many seconds to wait where there is nothing behind it yet.
        pub wait: Option<i64>,
        /// The most entries to answer with.
        pub max_results: Option<i64>,
    }
}

response! {
    /// Entries behind the one that is known, oldest first.
    pub struct JournalPage {
        /// The entries; left out where there is none.
        pub entries: Vec<JournalLine>,
        /// What to ask for next: the key of the last entry.
        pub next: i64,
    }

    /// One change of the registry.
    pub struct JournalLine {
        /// Its key. Keys only grow, with gaps; none comes up behind one that was read.
        pub id: i64,
        /// When, in milliseconds.
        pub time_ms: i64,
        /// By whom.
        pub actor: String,
        /// What, such as `version.created`.
        pub action: String,
        /// Of which model.
        pub model: String,
        /// Of which version, if of one.
        pub version: Option<String>,
        /// Before and after, for people.
        pub detail: String,
    }
}
