//! What the services' XML means: names and types of what an answer has, from tables beside this crate's code.

use std::{collections::HashMap, sync::LazyLock};

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::Element;

/// The only key of what stands for a time.
pub const TIME: &str = "$time";

/// The structures of a service.
#[derive(Debug)]
pub struct Shapes(HashMap<&'static str, Vec<Member>>);

#[derive(Debug)]
struct Member {
    /// Name of the element.
    element: &'static str,
    /// Name of what is told.
    name: &'static str,
    /// `str`, `int`, ..., the name of a structure, or `[` and one of them for a list.
    kind: &'static str,
}

/// Returns the structures of EC2.
pub fn ec2() -> &'static Shapes {
    static SHAPES: LazyLock<Shapes> =
        LazyLock::new(|| Shapes::read(include_str!("../shapes/ec2.txt")));
    &SHAPES
}

/// Returns the structures of RDS.
pub fn rds() -> &'static Shapes {
    static SHAPES: LazyLock<Shapes> =
        LazyLock::new(|| Shapes::read(include_str!("../shapes/rds.txt")));
    &SHAPES
}

impl Shapes {
    fn read(table: &'static str) -> Shapes {
        let mut shapes = HashMap::new();
        let mut current = "";
        for line in table.lines() {
            match line.strip_prefix(' ') {
                None => {
                    current = line;
                    shapes.insert(current, Vec::new());
                }
                Some(member) => {
                    let mut words = member.split(' ');
                    let mut next = || words.next().unwrap_or_default();
                    let member = Member { element: next(), name: next(), kind: next() };
                    shapes.entry(current).or_default().push(member);
                }
            }
        }
        Shapes(shapes)
    }

    /// Returns what an element says, read as a structure of this name; a time is an object with the key [`TIME`].
    pub fn decode(&self, shape: &str, element: &Element) -> Json {
        let mut found = Map::new();
        for member in self.0.get(shape).into_iter().flatten() {
            if let Some(child) = element.get(member.element) {
                found.insert(member.name.to_owned(), self.value(member.kind, child));
            }
        }
        found.into()
    }

    fn value(&self, kind: &str, element: &Element) -> Json {
        let text = element.text.as_str();
        if let Some(item) = kind.strip_prefix('[') {
            return element.children.iter().map(|child| self.value(item, child)).collect();
        }
        match kind {
            "str" => text.into(),
            "bool" => (text == "true").into(),
            "int" => text.trim().parse::<i64>().map_or_else(|_| text.into(), Json::from),
            "float" => text.trim().parse::<f64>().map_or_else(|_| text.into(), Json::from),
            "time" => Json::Object(Map::from_iter([(TIME.to_owned(), time_text(text).into())])),
            structure => self.decode(structure, element),
        }
    }
}

/// Returns a time as Python writes it with `isoformat`.
fn time_text(text: &str) -> String {
    let text = text.trim();
    let Ok(time) = text.parse::<Timestamp>() else { return text.to_owned() };
    let seconds = time.strftime("%Y-%m-%dT%H:%M:%S");
    match time.subsec_microsecond() {
        0 if time.subsec_millisecond() == 0 => format!("{seconds}+00:00"),
        _ => format!("{seconds}.{:06}+00:00", time.subsec_nanosecond() / 1000),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_what_the_tables_say() {
        let text = "<item><instanceId>i-1</instanceId><unheard>1</unheard><amiLaunchIndex>3</amiLaunchIndex>\
            <ebsOptimized>false</ebsOptimized><tagSet><item><key>a</key><value/></item></tagSet>\
            <groupSet/><instanceState><code>16</code><name>running</name></instanceState>\
            <launchTime>2024-05-06T07:08:09.000Z</launchTime></item>";
        let instance = ec2().decode("Instance", &Element::parse(text).unwrap());
        assert_eq!(
            instance,
            json!({
                "InstanceId": "i-1",
                "AmiLaunchIndex": 3,
                "EbsOptimized": false,
                "Tags": [{"Key": "a", "Value": ""}],
                "SecurityGroups": [],
                "State": {"Code": 16, "Name": "running"},
                "LaunchTime": {"$time": "2024-05-06T07:08:09+00:00"},
            })
        );
    }

    #[test]
    fn times_are_written_as_python_writes_them() {
        assert_eq!(time_text("2024-05-06T07:08:09Z"), "2024-05-06T07:08:09+00:00");
        assert_eq!(time_text("2024-05-06T07:08:09.25+02:00"), "2024-05-06T05:08:09.250000+00:00");
        assert_eq!(time_text("soon"), "soon");
    }
}
