//! INI files as Python's `configparser` reads them.

/// What is not the same for all who read INI files.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Whether keys keep their case.
    pub(crate) case_sensitive: bool,
    /// Whether a key may stand without a value.
    pub(crate) allow_none: bool,
    /// Whether a section or key may not stand twice.
    pub(crate) strict: bool,
}

/// A section's name, its keys and values.
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) entries: Vec<(String, Option<String>)>,
}

/// Reads a text; errors name it as the reference does.
pub(crate) fn parse(text: &str, name: &str, rules: Rules) -> Result<Vec<Section>, String> {
    let mut reader = Reader {
        rules,
        name,
        sections: Vec::new(),
        current: None,
        value: None,
        errors: Vec::new(),
    };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        reader.line(index + 1, line)?;
    }
    reader.end_value();
    if !reader.errors.is_empty() {
        let lines: String = reader.errors.concat();
        return Err(format!("Source contains parsing errors: '{name}'{lines}"));
    }
    Ok(reader.sections)
}

struct Reader<'n> {
    rules: Rules,
    name: &'n str,
    sections: Vec<Section>,
    current: Option<usize>,
    /// The value that the next lines may continue: the indent of its key, the key's place, the lines.
    value: Option<(usize, usize, Vec<String>)>,
    errors: Vec<String>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            if let Some((.., lines)) = &mut self.value {
                lines.push(String::new());
            }
            return Ok(());
        }
        let indent = line.len() - line.trim_start().len();
        if let Some((key_indent, _, lines)) = &mut self.value
            && indent > *key_indent
        {
            lines.push(text.to_owned());
            return Ok(());
        }
        self.end_value();
        if let Some(header) =
            text.strip_prefix('[').and_then(|rest| Some(&rest[..rest.rfind(']')?]))
            && !header.is_empty()
        {
            return self.section(number, header);
        }
        let Some(section) = self.current else {
            let shown = crate::value::Value::str(line).to_repr();
            return Err(format!(
                "File contains no section headers.\nfile: '{}', line: {number}\n{shown}",
                self.name
            ));
        };
        let (key, value) = match text.find(['=', ':']) {
            Some(at) if at > 0 => (&text[..at], Some(text[at + 1..].trim())),
            None if self.rules.allow_none => (text, None),
            _ => {
                let shown = crate::value::Value::str(line).to_repr();
                self.errors.push(format!("\n\t[line {number:2}]: {shown}"));
                return Ok(());
            }
        };
        let key = key.trim_end();
        let key = if self.rules.case_sensitive { key.to_owned() } else { key.to_lowercase() };
        let entries = &mut self.sections[section].entries;
        let known = entries.iter().position(|(known, _)| *known == key);
        if known.is_some() && self.rules.strict {
            return Err(format!(
                "While reading from '{}' [line {number:2}]: option '{key}' in section '{}' already exists",
                self.name, self.sections[section].name
            ));
        }
        let at = known.unwrap_or_else(|| {
            entries.push((key, None));
            entries.len() - 1
        });
        entries[at].1 = None;
        self.value = value.map(|value| (indent, at, vec![value.to_owned()]));
        Ok(())
    }

    fn section(&mut self, number: usize, header: &str) -> Result<(), String> {
        let known = self.sections.iter().position(|section| section.name == header);
        if known.is_some() && self.rules.strict && header != "DEFAULT" {
            return Err(format!(
                "While reading from '{}' [line {number:2}]: section '{header}' already exists",
                self.name
            ));
        }
        self.current = Some(known.unwrap_or_else(|| {
            self.sections.push(Section { name: header.to_owned(), entries: Vec::new() });
            self.sections.len() - 1
        }));
        Ok(())
    }

    /// Gives the last key its value, without empty lines at the end.
    fn end_value(&mut self) {
        let Some((_, entry, lines)) = self.value.take() else { return };
        let section = self.current.and_then(|index| self.sections.get_mut(index));
        if let Some((_, value)) = section.and_then(|section| section.entries.get_mut(entry)) {
            *value = Some(lines.join("\n").trim_end().to_owned());
        }
    }
}
