//! Templates against Jinja2: a long configuration over the variables of 500 hosts, 10,000 small expressions, and the many
//! small files of roles, each read and rendered once.
//!
//! `cargo bench --bench templates [PYTHON]`; the Python is that of the reference's virtual environment, which has Jinja2.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use windlass::{
    template::{Context, Env, FileOptions, Scope},
    value::{Dict, Template, Value},
};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Names(Dict);

impl Scope for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().map(|key| key.to_text().into()).collect()
    }
}

/// Variables of 500 hosts, as JSON, for both sides.
fn variables() -> serde_json::Value {
    let (roles, tags) = (["app", "api", "static"], ["blue", "green", "canary"]);
    let hosts = (0..500).map(|number: usize| {
        let name = format!("web{number:03}");
        let host = serde_json::json!({
            "name": name,
            "address": format!("10.0.{}.{}", number / 250, number % 250 + 1),
            "port": 8000 + number % 10,
            "weight": number % 7 * 10,
            "backup": number.is_multiple_of(11),
            "role": roles[number % 3],
            "tags": tags[..=number % 3],
            "tls": {"enabled": number.is_multiple_of(2), "certificate": format!("/etc/ssl/{name}.pem")},
            "limits": {"connections": 100 * (number % 5 + 1), "timeout": 2.5},
        });
        (name, host)
    });
    let hostvars: serde_json::Map<_, _> = hosts.collect();
    serde_json::json!({
        "groups": {"web": hostvars.keys().collect::<Vec<_>>()},
        "hostvars": hostvars,
        "domain": "example.org",
        "maxconn": 20000,
        "stats": {"user": "admin", "refresh": 10},
    })
}

const BACK_END: &str = r"# back end NUMBER
{% set role = ['app', 'api', 'static'][NUMBER % 3] %}
backend {{ role }}_NUMBER
    mode http
    balance {{ 'leastconn' if role == 'api' else 'roundrobin' }}
    option httpchk GET /health?id=NUMBER
    stats auth {{ stats.user }}:{{ stats.refresh * NUMBER }}
{% for host in groups['web'] %}
{% set vars = hostvars[host] %}
{% if vars.role == role and vars.limits.connections > NUMBER %}
    server {{ vars.name | upper }} {{ vars.address }}:{{ vars.port + NUMBER }} check weight {{ vars.weight }}{% if vars.backup %} backup{% endif %}{% if vars.tls.enabled %} ssl crt {{ vars.tls.certificate }}{% endif %} # {{ loop.index }}/{{ loop.length }} {{ vars.tags | join(',') }}
{% endif %}
{% endfor %}

";

/// A configuration of about 300 lines: a loop over all hosts for each of 20 back ends.
fn configuration() -> String {
    let mut text = String::from("global\n    maxconn {{ maxconn }}\n    daemon\n\n");
    for number in 0..20 {
        text += &BACK_END.replace("NUMBER", &number.to_string());
    }
    text
}

fn expressions() -> Vec<String> {
    let forms = [
        "{{ hostvars['web001'].port + NUMBER }}",
        "{{ domain ~ '-NUMBER' }}",
        "{{ stats.user | upper }}-NUMBER",
        "{{ 'a' if maxconn > NUMBER else 'b' }}",
        "{{ groups.web[NUMBER % 500] }}",
        "{{ (hostvars.web002.tags + ['NUMBER']) | join('/') }}",
        "{{ missing_NUMBER | default('none') }}",
        "{{ hostvars['web003'].tls.enabled and NUMBER > 3 }}",
        "{{ [1, 2, NUMBER] | map('string') | list | length }}",
        "{% for tag in hostvars.web005.tags %}{{ tag }}NUMBER,{% endfor %}",
    ];
    let forms = forms.iter().cycle().take(10_000).enumerate();
    forms.map(|(number, form)| form.replace("NUMBER", &number.to_string())).collect()
}

const SERVICE: &str = r"# {{ managed | default('Managed by hand') }}
[Unit]
Description={{ NAME_title | default('service NUMBER') }} of {{ domain }}
{% if NAME_after is defined and NAME_after %}
After={{ NAME_after | join(' ') }}
{% endif %}

[Service]
{# one for each host #}
User={{ NAME_user | default('www-data', true) }}
Group={{ NAME_group | default(NAME_user) | default('www-data') }}
ExecStart=/usr/bin/{{ NAME_binary }} --port {{ NAME_port + 1 }} --name {{ domain | upper }} {{ '--verbose' if NAME_debug else '' }}
{% for key, value in NAME_environment.items() %}
Environment={{ key }}={{ value | string | lower }}
{% endfor %}
Restart={{ NAME_restart }}
RestartSec={{ NAME_delay }}
LimitNOFILE={{ NAME_files * 2 }}
{% for path in NAME_paths %}
ReadWritePaths={{ path }}{{ '/' ~ loop.index if not loop.last }}
{% endfor %}
{%- if NAME_cpu != 0 and NAME_memory > 100 %}

CPUQuota={{ NAME_cpu }}%
MemoryMax={{ NAME_memory }}M
{% endif %}
StandardOutput={{ stats.user }}:{{ stats.refresh }}

[Install]
WantedBy={{ NAME_target | replace('.', '-') }}
";

/// The files of 200 roles, and a role's variables for each.
fn services(variables: &mut serde_json::Value) -> Vec<String> {
    let service = |number: u32| {
        let name = format!("svc{number}");
        let values = serde_json::json!({
            "after": ["network.target", "remote-fs.target"],
            "user": name,
            "binary": "server",
            "port": 8000 + number,
            "debug": number.is_multiple_of(2),
            "environment": {"LANG": "C.UTF-8", "WORKERS": number, "MODE": "Production"},
            "restart": "always",
            "delay": 2.5,
            "files": 1024,
            "paths": ["/var/lib/a", "/var/log/b", "/run/c"],
            "cpu": 50,
            "memory": 512,
            "target": "multi-user.target",
        });
        for (key, value) in values.as_object().into_iter().flatten() {
            variables[format!("{name}_{key}")] = value.clone();
        }
        SERVICE.replace("NAME", &name).replace("NUMBER", &number.to_string())
    };
    (0..200).map(service).collect()
}

/// Returns the shortest of the runs of two seconds, which other work on the machine disturbs least.
fn shortest(mut run: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    while begin.elapsed() < Duration::from_secs(2) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

#[expect(clippy::too_many_lines, reason = "one measurement after the other")]
fn main() {
    let python = std::env::args().skip(1).find(|word| !word.starts_with('-')).map_or_else(
        || {
            let home = std::env::var("HOME").unwrap_or_default();
            PathBuf::from(home).join(".cache/windlass/reference-2.19/bin/python")
        },
        PathBuf::from,
    );
    let mut variables = variables();
    let services = services(&mut variables);
    let (text, small) = (configuration(), expressions());
    let Value::Dict(dict) = Value::from(variables.clone()) else { return };
    let names = Names((*dict).clone());

    let mut times: BTreeMap<&str, Duration> = BTreeMap::new();
    let context = Context::default();
    let options = FileOptions::default();
    let mut rendered = String::new();
    times.insert(
        "configuration",
        shortest(|| {
            let env = Env::new(&names, &context);
            rendered = env
                .render_file(&text, None, &options)
                .unwrap_or_else(windlass::template::TemplateError::into_message);
        }),
    );
    let fresh =
        || small.iter().map(|text| Value::Template(Arc::new(Template::new(text.as_str(), None))));
    let mut results = Vec::new();
    times.insert(
        "expressions",
        shortest(|| {
            let env = Env::new(&names, &context);
            results = fresh()
                .map(|text| {
                    env.eval(&text)
                        .map_or_else(windlass::template::TemplateError::into_message, |v| {
                            v.to_text()
                        })
                })
                .collect();
        }),
    );
    let mut files = Vec::new();
    times.insert(
        "small files, read and rendered",
        shortest(|| {
            let context = Context::default();
            let env = Env::new(&names, &context);
            let render = |text: &String| env.render_file(text, None, &options);
            files = services
                .iter()
                .map(|text| {
                    render(text).unwrap_or_else(windlass::template::TemplateError::into_message)
                })
                .collect();
        }),
    );
    let parsed: Vec<Value> = fresh().collect();
    times.insert(
        "expressions, compiled before",
        shortest(|| {
            let env = Env::new(&names, &context);
            for template in &parsed {
                drop(env.eval(template));
            }
        }),
    );

    let folder = std::env::temp_dir().join(format!("windlass-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let input = serde_json::json!({"variables": variables, "configuration": text, "expressions": small, "files": services});
    std::fs::write(folder.join("input.json"), input.to_string())
        .expect("the temporary folder can be written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/templates.py");
    let answer = Command::new(&python).arg(script).arg(folder.join("input.json")).output();
    let _ = std::fs::remove_dir_all(&folder);
    let answer = match answer {
        Ok(output) if output.status.success() => output.stdout,
        Ok(output) => {
            println!("{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        Err(error) => {
            println!("cannot run {}: {error}", python.display());
            return;
        }
    };
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
    println!("{:<30} {:>12} {:>12} {:>8}", "", "windlass", "Jinja2", "ratio");
    for (name, ours) in &times {
        let theirs = answer["times"][name].as_f64().unwrap_or_default();
        let ours = ours.as_secs_f64();
        println!(
            "{name:<30} {:>9.2} ms {:>9.2} ms {:>7.1}x",
            ours * 1e3,
            theirs * 1e3,
            theirs / ours
        );
    }
    let equal = |name: &str, ours: &[String]| {
        let theirs = answer[name].as_array().into_iter().flatten();
        theirs.map(|text| text.as_str().unwrap_or_default()).eq(ours.iter().map(String::as_str))
    };
    let same = answer["rendered"].as_str() == Some(&rendered)
        && equal("results", &results)
        && equal("files", &files);
    println!("the texts are {}", if same { "equal" } else { "NOT EQUAL" });
}
