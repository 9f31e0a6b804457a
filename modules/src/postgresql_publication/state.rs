//! A publication as it is.

use super::{Json, JsonMap, Result, Session, literal, table};

/// A publication; names of tables are quoted, with their schemas.
#[derive(Default)]
pub(super) struct Publication {
    pub(super) owner: String,
    pub(super) comment: String,
    pub(super) all_tables: bool,
    pub(super) tables: Vec<String>,
    pub(super) schemas: Vec<String>,
    column_lists: Vec<(String, Vec<String>)>,
    filters: Vec<(String, String)>,
    /// What is published of rows: names, and whether.
    pub(super) publish: Vec<(&'static str, bool)>,
}

/// Returns whether two conditions are the same but for quotes and blanks.
pub(super) fn same_filter(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.replace(['"', ' '], "");
    bare(one) == bare(other)
}

/// Returns the columns of a table in the order of their names.
pub(super) fn columns(session: &mut Session, table: &str) -> Result<Vec<String>> {
    session.column(&format!(
        "SELECT attname FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        literal(table)
    ))
}

impl Publication {
    pub(super) fn look(session: &mut Session, name: &str) -> Result<Option<Publication>> {
        let version = session.connection.version();
        let truncate = if version >= 110_000 { "pubtruncate" } else { "false" };
        let name = literal(name);
        let answer = session.rows(&format!(
            "SELECT pg_get_userbyid(pubowner), obj_description(oid, 'pg_publication'), puballtables, \
             pubinsert, pubupdate, pubdelete, {truncate} FROM pg_publication WHERE pubname = {name}"
        ))?;
        let Some(row) = answer.rows.into_iter().next() else { return Ok(None) };
        let text = |at: usize| row[at].clone().unwrap_or_default();
        let is = |at: usize| row[at].as_deref() == Some("t");
        let mut found = Publication {
            owner: text(0),
            comment: text(1),
            all_tables: is(2),
            publish: vec![("insert", is(3)), ("update", is(4)), ("delete", is(5))],
            ..Publication::default()
        };
        if is(6) {
            found.publish.push(("truncate", true));
        }
        if found.all_tables {
            return Ok(Some(found));
        }
        let more = if version >= 150_000 {
            "array_to_string(attnames, chr(1)), rowfilter"
        } else {
            "NULL, NULL"
        };
        let tables = session.rows(&format!(
            "SELECT schemaname || '.' || tablename, {more} FROM pg_publication_tables WHERE pubname = {name}"
        ))?;
        for row in tables.rows {
            let [full, columns, filter] = row.try_into().unwrap_or_default();
            let quoted = table(&full.unwrap_or_default())?;
            if let Some(columns) = columns {
                let mut list: Vec<String> = columns.split('\u{1}').map(str::to_owned).collect();
                list.sort_unstable();
                found.column_lists.push((quoted.clone(), list));
            }
            found.filters.extend(filter.map(|filter| (quoted.clone(), filter)));
            found.tables.push(quoted);
        }
        if version >= 150_000 {
            found.schemas = session.column(&format!(
                "SELECT n.nspname FROM pg_namespace AS n JOIN pg_publication_namespace AS pn ON n.oid = pn.pnnspid \
                 JOIN pg_publication AS p ON p.oid = pn.pnpubid WHERE p.pubname = {name}"
            ))?;
        }
        Ok(Some(found))
    }

    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|known| known == table)
    }

    pub(super) fn columns(&self, table: &str) -> Option<&Vec<String>> {
        self.column_lists.iter().find(|(name, _)| name == table).map(|(_, columns)| columns)
    }

    pub(super) fn filter(&self, table: &str) -> Option<&str> {
        let found = self.filters.iter().find(|(name, _)| name == table);
        found.map(|(_, filter)| filter.as_str())
    }

    /// What results tell of it.
    pub(super) fn json(&self) -> JsonMap {
        let publish: JsonMap =
            self.publish.iter().map(|(what, on)| ((*what).to_owned(), (*on).into())).collect();
        let columns: JsonMap = self
            .column_lists
            .iter()
            .map(|(table, columns)| (table.clone(), columns.clone().into()))
            .collect();
        let filters: JsonMap = self
            .filters
            .iter()
            .map(|(table, filter)| (table.clone(), filter.as_str().into()))
            .collect();
        let mut values = nothing();
        for (key, value) in [
            ("alltables", self.all_tables.into()),
            ("tables", self.tables.clone().into()),
            ("schemas", self.schemas.clone().into()),
            ("columns", columns.into()),
            ("rowfilters", filters.into()),
            ("parameters", serde_json::json!({ "publish": publish })),
            ("owner", self.owner.as_str().into()),
            ("comment", self.comment.as_str().into()),
        ] {
            let value: Json = value;
            values.insert(key.to_owned(), value);
        }
        values
    }
}

/// What results tell where there is none.
pub(super) fn nothing() -> JsonMap {
    let nothing = serde_json::json!({
        "alltables": false, "tables": [], "parameters": {}, "owner": "", "schemas": [],
        "columns": {}, "rowfilters": {},
    });
    match nothing {
        Json::Object(map) => map,
        _ => JsonMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_compared_without_quotes_and_blanks() {
        assert!(same_filter("(\"a\" > 1)", "( a>1 )"));
        assert!(!same_filter("(a > 1)", "(a > 2)"));
        assert_eq!(table("t").unwrap(), "\"public\".\"t\"");
        assert_eq!(table("s.t").unwrap(), "\"s\".\"t\"");
    }
}
