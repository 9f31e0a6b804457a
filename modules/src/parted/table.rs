//! What `parted -m` tells of a device.

use serde_json::json;

use super::size;
use crate::spec::Json;

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    device: String,
    pub(super) size: String,
    /// Unit of all that is told, in small letters.
    pub(super) unit: String,
    logical_block: i64,
    physical_block: i64,
    pub(super) label: String,
    model: String,
    /// Cylinders, heads and sectors, where these are asked for.
    geometry: Option<Json>,
    partitions: Vec<Partition>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Partition {
    number: i64,
    begin: String,
    pub(super) end: String,
    size: String,
    fstype: String,
    pub(super) name: String,
    pub(super) flags: Vec<String>,
}

impl Table {
    pub(super) fn partition(&self, number: Option<i64>) -> Option<&Partition> {
        self.partitions.iter().find(|partition| Some(partition.number) == number)
    }

    pub(super) fn disk(&self) -> Json {
        let mut disk = json!({
            "dev": self.device, "size": place(&self.size), "unit": self.unit,
            "table": self.label, "model": self.model,
            "logical_block": self.logical_block, "physical_block": self.physical_block,
        });
        if let Some(geometry) = &self.geometry {
            disk["chs_info"] = geometry.clone();
        }
        disk
    }

    pub(super) fn listed(&self) -> Vec<Json> {
        let one = |partition: &Partition| {
            json!({
                "num": partition.number, "begin": place(&partition.begin),
                "end": place(&partition.end), "size": place(&partition.size),
                "fstype": partition.fstype, "name": partition.name, "flags": partition.flags,
                "unit": self.unit,
            })
        };
        self.partitions.iter().map(one).collect()
    }
}

/// Reads what `parted -m` prints: `BYT;`, a line of the device, one of its geometry where units are its, a line for
/// each partition.
pub(super) fn parse(text: &str, unit: &str, device: &str) -> Table {
    let mut lines = text.lines().map(|line| line.trim_end_matches(';'));
    let is_kind = |line: &str| matches!(line, "BYT" | "CHS" | "CYL");
    let mut table = Table {
        device: device.to_owned(),
        label: "unknown".to_owned(),
        unit: unit.to_lowercase(),
        ..Table::default()
    };
    if !lines.any(is_kind) {
        return table;
    }
    let Some(fields) = lines.next().map(|line| line.split(':').collect::<Vec<_>>()) else {
        return table;
    };
    let field = |fields: &[&str], at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
    table.device = field(&fields, 0);
    table.size = field(&fields, 1);
    table.logical_block = field(&fields, 3).parse().unwrap_or(0);
    table.physical_block = field(&fields, 4).parse().unwrap_or(0);
    table.label = field(&fields, 5);
    table.model = field(&fields, 6);
    if unit == "compact" {
        table.unit = size::read(&table.size).map_or("", |(_, unit)| unit).to_lowercase();
    }
    if matches!(unit, "chs" | "cyl") {
        table.geometry = lines.next().map(geometry);
    }
    // Where places are three numbers there is no size.
    let shift = usize::from(unit == "chs");
    for line in lines {
        let fields: Vec<&str> = line.split(':').collect();
        let Ok(number) = field(&fields, 0).parse() else { continue };
        let flags = field(&fields, 6 - shift);
        table.partitions.push(Partition {
            number,
            begin: field(&fields, 1),
            end: field(&fields, 2),
            size: if shift == 1 { String::new() } else { field(&fields, 3) },
            fstype: field(&fields, 4 - shift),
            name: field(&fields, 5 - shift),
            flags: flags
                .split(", ")
                .filter(|flag| !flag.is_empty())
                .map(ToOwned::to_owned)
                .collect(),
        });
    }
    table
}

fn geometry(line: &str) -> Json {
    let fields: Vec<&str> = line.split(':').collect();
    let whole = |at: usize| fields.get(at).and_then(|text| text.parse::<i64>().ok());
    let (size, unit) = size::read(fields.get(3).copied().unwrap_or_default()).unwrap_or((0.0, ""));
    json!({
        "cylinders": whole(0), "heads": whole(1), "sectors": whole(2),
        "cyl_size": size, "cyl_size_unit": unit.to_lowercase(),
    })
}

/// The number in `1049kB`, the three in `1599,3,31`.
fn place(text: &str) -> Json {
    match text.split(',').collect::<Vec<_>>()[..] {
        [cylinder, head, sector] => {
            let whole = |text: &str| text.parse::<i64>().ok();
            json!({ "cylinder": whole(cylinder), "head": whole(head), "sector": whole(sector) })
        }
        _ if text.is_empty() => "".into(),
        _ => number_of(text).into(),
    }
}

/// The number in `1049kB`.
pub(super) fn number_of(text: &str) -> f64 {
    size::read(text).map_or(0.0, |(size, _)| size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_is_told_where_it_is_asked_for() {
        let text = "CHS;\n/dev/x:1599,3,31:file:512:512:gpt::;\n1600:4:32:65.5kB;\n1:0,1,2:639,3,31::a b:lvm;\n";
        let table = parse(text, "chs", "/dev/x");
        assert_eq!(table.disk()["chs_info"]["cyl_size_unit"], "kb");
        let partition = &table.listed()[0];
        assert_eq!(partition["end"], json!({"cylinder": 639, "head": 3, "sector": 31}));
        assert_eq!((&partition["size"], &partition["name"]), (&"".into(), &"a b".into()));
    }

    #[test]
    fn compact_units_are_those_of_the_device() {
        let text = "BYT;\n/dev/x:105MB:file:512:512:gpt::;\n1:17.4kB:41.9MB:41.9MB:::;\n";
        let table = parse(text, "compact", "/dev/x");
        assert_eq!(table.listed()[0]["unit"], "mb");
        assert_eq!(table.listed()[0]["begin"], 17.4);
    }
}
