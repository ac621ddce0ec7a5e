//! Skills: their files, and who trusts them.

use crate::StoreError;
use crate::file::{Columns, Exact, Sql, stamp};
use crate::handles::Skills;
use jackfield_model::SkillRecord;
use jackfield_sql::{Row, params};
use jackfield_types::Digest;

impl Skills<'_> {
    /// Returns every skill on record, by id.
    pub async fn list(self) -> Result<Vec<SkillRecord>, StoreError> {
        self.0.read(|conn| conn.all("SELECT * FROM skills ORDER BY id", [], read)).await
    }

    /// Returns a skill.
    pub async fn get(self, id: &str) -> Result<Option<SkillRecord>, StoreError> {
        let id = id.to_owned();
        self.0.read(move |conn| conn.one("SELECT * FROM skills WHERE id = ?1", [id], read)).await
    }

    /// Adds skills, or replaces those with the same id. The trust in a skill lasts while its digest is the same.
    pub async fn put(self, skills: Vec<SkillRecord>, by: &str) -> Result<(), StoreError> {
        let by = by.to_owned();
        self.0
            .write(move |tx| {
                for skill in &skills {
                    tx.exec(
                        "INSERT INTO skills (id, source, digest, trust, files, origin, updated_at, updated_by)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                         ON CONFLICT (id) DO UPDATE SET source = excluded.source, files = excluded.files,
                             trust = iif(digest = excluded.digest, trust, 'experimental'),
                             vetted_by = iif(digest = excluded.digest, vetted_by, NULL),
                             vetted_at = iif(digest = excluded.digest, vetted_at, NULL),
                             digest = excluded.digest, origin = excluded.origin,
                             updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                        params![
                            skill.id,
                            skill.source,
                            skill.digest.to_string(),
                            skill.trust,
                            Exact(skill.files.to_string()),
                            skill.origin,
                            stamp(tx.now),
                            Exact(&by),
                        ],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Records the trust of a principal in a digest of a skill. False: there is no such skill with this digest.
    pub async fn trust(self, id: &str, digest: Digest, trust: &str, by: &str) -> Result<bool, StoreError> {
        let (id, trust, by) = (id.to_owned(), trust.to_owned(), by.to_owned());
        self.0
            .write(move |tx| {
                let vetted = trust == "vetted";
                let changed = tx.exec(
                    "UPDATE skills SET trust = ?3, vetted_by = iif(?4, ?5, NULL), vetted_at = iif(?4, ?6, NULL)
                     WHERE id = ?1 AND digest = ?2",
                    params![id, digest.to_string(), trust, vetted, Exact(&by), stamp(tx.now)],
                )?;
                // A stage that waited for it may go on.
                tx.exec("UPDATE cards SET due = 1 WHERE waits IN ('start', 'review')", [])?;
                Ok(changed > 0)
            })
            .await
    }

    /// Removes a skill. False: there is none.
    pub async fn remove(self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.0.write(move |tx| Ok(tx.exec("DELETE FROM skills WHERE id = ?1", [id.clone()])? > 0)).await
    }
}

fn read(row: &Row<'_>) -> jackfield_sql::Result<SkillRecord> {
    let by: Option<String> = row.get("vetted_by")?;
    Ok(SkillRecord {
        id: row.get("id")?,
        source: row.get("source")?,
        digest: row.parsed("digest")?,
        trust: row.get("trust")?,
        vetted: by.zip(row.parsed_opt("vetted_at")?),
        files: row.json("files")?,
        origin: row.get("origin")?,
        updated_at: row.parsed("updated_at")?,
    })
}
