//! `template`: a file of the controller, rendered, on the host.

use std::path::Path;

use windlass_modules::{
    host::FileAttributes,
    spec::{ArgPath, Args},
};

use super::{Action, copy, files};
use crate::{
    diagnostic::{Source, Span},
    executor::{Call, Failure, Step},
    template::{Env, FileOptions, Scope as _, about_file, managed, with_templates},
    value::Dict,
};

pub(super) static UNIT: Action = Action {
    name: "template",
    spec: Some(manual! {
        /// Renders a template on the controller and puts the result on the host
        ///
        /// A first line such as `#jinja2: trim_blocks: False` sets options in the template itself. With `--diff` the change is shown, and check mode only says whether there is one.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Configure the web server
        ///   ansible.builtin.template:
        ///     src: nginx.conf.j2
        ///     dest: /etc/nginx/nginx.conf
        ///     mode: "0644"
        ///     validate: nginx -t -c %s
        ///   notify: Reload nginx
        ///
        /// - name: Write a file that has braces of its own
        ///   ansible.builtin.template:
        ///     src: latex.tex.j2
        ///     dest: /srv/report.tex
        ///     variable_start_string: "[["
        ///     variable_end_string: "]]"
        /// ```
        {
            /// Template on the controller
            src: String,
            /// File on the host, or a folder for it
            dest: ArgPath,
            /// Whether the file that is replaced is kept under a name with the time
            backup: bool = "false",
            /// Whether a file that is there and differs is replaced
            force: bool = "true",
            /// Whether a link at `dest` is followed
            follow: bool = "false",
            /// Command that must accept the new file; `%s` is its path
            validate: Option<String>,
            /// How lines end: `\n`, `\r` or `\r\n`
            newline_sequence: String = "\\n",
            /// Whether the line end behind a block is taken away
            trim_blocks: bool = "true",
            /// Whether blanks before a block are taken away
            lstrip_blocks: bool = "false",
            /// What begins an expression
            variable_start_string: String = "{{",
            /// What ends it
            variable_end_string: String = "}}",
            /// What begins a statement
            block_start_string: String = "{%",
            /// What ends it
            block_end_string: String = "%}",
            /// What begins a comment
            comment_start_string: String = "{#",
            /// What ends it
            comment_end_string: String = "#}",
            /// Encoding of the file on the host
            output_encoding: String = "utf-8",
            ..&<FileAttributes as Args>::SPEC
        }
    }),
    open: true,
    needs_host: true,
    run,
};

/// Arguments that are for the rendering, not for the file.
const OWN: [&str; 12] = [
    "newline_sequence",
    "trim_blocks",
    "lstrip_blocks",
    "variable_start_string",
    "variable_end_string",
    "block_start_string",
    "block_end_string",
    "comment_start_string",
    "comment_end_string",
    "output_encoding",
    "src",
    "follow_links",
];

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let (Some(src), Some(dest)) = (call.text("src"), call.text("dest")) else {
        return Err(Failure::plain("src and dest are required"));
    };
    if call.text("state").is_some() {
        return Err(Failure::plain("'state' cannot be specified on a template"));
    }
    let options = options(call)?;
    let path = files::find(call, "templates", &src).map_err(Failure::raised)?;
    let text = std::fs::read(&path)
        .map_err(|error| Failure::action(format!("cannot read {}: {error}", path.display())))?;
    let opened = files::open(call, &path, text)?;
    let text = String::from_utf8(opened.bytes).map_err(|_| {
        Failure::action(format!("Template source files must be utf-8 encoded: {}", path.display()))
    })?;
    let source = Source::opened(path.display().to_string(), text, opened.is_secret);
    let span = Span::file(&source);
    let mut names = call.names.clone();
    let written = call.text("src").unwrap_or_default();
    for (name, value) in about_file(&written, &path, &dest) {
        names.set_local(name, value);
    }
    if names.get("ansible_managed").is_none() {
        let setting = call.run.settings.ansible_managed.value.as_str();
        names.set_local("ansible_managed", managed(setting, &written, &path));
    }
    let context = names.world.context(names.search_path());
    let mut folders = context.search_path.clone();
    // The folder of the file itself comes last.
    let playbook = names.play.as_ref().map(|play| play.play.dir.clone());
    let playbook = playbook.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
    folders.extend(playbook.into_iter().chain(path.parent().map(Path::to_owned)));
    let mut env = Env::new(&names, &context).telling(call.env.told());
    env.include_path = Some(with_templates(folders));
    let rendered = env
        .render_file(&source.text, Some(&span), &options)
        .map_err(|error| Failure::template(&error, "", None))?;
    let bytes = match call.text("output_encoding") {
        Some(encoding) if !encoding.is_empty() => crate::template::encode(&rendered, &encoding)
            .map_err(|error| Failure::at(None, error).with("changed", false))?,
        _ => rendered.into_bytes(),
    };
    let mut args: Dict = call
        .args
        .iter()
        .filter(|(key, _)| key.as_str().is_none_or(|key| !OWN.contains(&key)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if args.contains_key("follow") {
        args.insert("follow", call.truth("follow") == Some(true));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mode = {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(&path).ok().map(|meta| meta.permissions().mode() & 0o7777)
    };
    Ok(copy::single(
        call,
        args,
        files::send_bytes(bytes),
        mode,
        &name,
        Some(path.display().to_string()),
    ))
}

fn options(call: &Call<'_>) -> Result<FileOptions, Failure> {
    let mut options = FileOptions::default();
    let text = |name: &str, into: &mut String| {
        if let Some(given) = call.text(name) {
            *into = given;
        }
    };
    text("variable_start_string", &mut options.variable_start);
    text("variable_end_string", &mut options.variable_end);
    text("block_start_string", &mut options.block_start);
    text("block_end_string", &mut options.block_end);
    text("comment_start_string", &mut options.comment_start);
    text("comment_end_string", &mut options.comment_end);
    text("newline_sequence", &mut options.newline_sequence);
    // Written in YAML without double quotes, `\n` is two characters.
    options.newline_sequence = match options.newline_sequence.as_str() {
        "\\n" | "\n" => "\n".to_owned(),
        "\\r" | "\r" => "\r".to_owned(),
        "\\r\\n" | "\r\n" => "\r\n".to_owned(),
        _ => return Err(Failure::plain("newline_sequence needs to be one of: \n, \r or")),
    };
    if let Some(trim) = call.truth("trim_blocks") {
        options.trim_blocks = trim;
    }
    if let Some(strip) = call.truth("lstrip_blocks") {
        options.lstrip_blocks = strip;
    }
    Ok(options)
}
