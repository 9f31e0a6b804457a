//! What evaluation reads: the names of one host and task, and the settings of the run.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustc_hash::FxHashMap;

use super::{
    ErrorKind, TemplateError,
    evaluator::{Evaluator, Result},
    expression::kept_inside,
    leaving::without_omitted,
    markup::Markup,
    output::{Made, Output},
    syntax,
    tree::{Code, Expression, Kind, Statement},
};
use crate::{
    diagnostic::{Span, Told},
    value::{Dict, List, Origin, Template, Value},
    vault::Decrypt,
};

/// Names that a template can see; values may be templates themselves.
pub trait Scope: Send + Sync {
    fn get(&self, name: &str) -> Option<Value>;
    /// Returns where the operator wrote a name's value, where that is known.
    fn origin(&self, _name: &str) -> Option<Origin> {
        None
    }
    /// Returns every name, for `vars` and `varnames`.
    fn names(&self) -> Vec<Arc<str>>;
    /// Returns what of this variable are the operator's own words, which a condition may then evaluate: true for
    /// all of it, nothing, or a list or dictionary that says so of its entries.
    fn own_words(&self, _name: &str) -> Value {
        Value::None
    }
}

/// All settings by their names, each with where its value came from.
pub(crate) type SettingsByName = HashMap<&'static str, (Value, String)>;

/// How all settings are read when a template asks for one; none are known without it.
#[derive(Clone, Copy, Debug)]
pub struct Settings(pub fn() -> &'static SettingsByName);

impl Default for Settings {
    fn default() -> Settings {
        static NONE: LazyLock<SettingsByName> = LazyLock::new(HashMap::new);
        Settings(|| &NONE)
    }
}

/// What is the same for all templates of a play's role or file.
#[derive(Default)]
pub struct Context {
    /// Folders that lookups and includes search, the nearest first; each also by its `templates`, `files` and `vars`.
    pub search_path: Vec<PathBuf>,
    pub vault: Option<Arc<dyn Decrypt>>,
    /// A condition that is not a boolean is an error unless this is set (`ALLOW_BROKEN_CONDITIONALS`).
    pub allow_broken_conditionals: bool,
    /// Settings by name, for `lookup('config', ...)`.
    pub settings: Settings,
    /// What the run should be warned of, where no task's result says it.
    pub told: Mutex<Vec<Told>>,
    pub compiled: CompiledOnce,
}

/// By text, then by how it is read.
type CompiledFiles = FxHashMap<Arc<str>, Vec<(FileOptions, Arc<Code>)>>;

/// Templates of files and bare expressions, compiled once for all hosts.
#[derive(Default)]
pub struct CompiledOnce {
    files: Mutex<CompiledFiles>,
    expressions: Mutex<FxHashMap<Arc<str>, Arc<Code>>>,
}

impl CompiledOnce {
    /// Returns a file's template, compiled at its first use.
    pub(super) fn file(
        &self,
        text: &str,
        options: &FileOptions,
        span: impl FnOnce() -> Option<Span>,
    ) -> Result<Arc<Code>> {
        if let Some(found) = lock(&self.files).get(text)
            && let Some((_, code)) = found.iter().find(|(known, _)| known == options)
        {
            return Ok(Arc::clone(code));
        }
        let text: Arc<str> = text.into();
        let code = Arc::new(syntax::compile(&text, span(), options, Kind::File)?);
        let entry = (options.clone(), Arc::clone(&code));
        lock(&self.files).entry(text).or_default().push(entry);
        Ok(code)
    }
}

/// How a file's template is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileOptions {
    pub variable_start: String,
    pub variable_end: String,
    pub block_start: String,
    pub block_end: String,
    pub comment_start: String,
    pub comment_end: String,
    pub line_statement_prefix: Option<String>,
    pub line_comment_prefix: Option<String>,
    pub trim_blocks: bool,
    pub lstrip_blocks: bool,
    pub newline_sequence: String,
}

impl FileOptions {
    /// Returns whether a file has anything to evaluate, or options of its own: one without stays as it is, whatever its newlines.
    fn may_be_template(&self, text: &str) -> bool {
        let starts = [&self.variable_start, &self.block_start, &self.comment_start];
        text.starts_with("#jinja2:") || starts.iter().any(|start| text.contains(start.as_str()))
    }
}

impl Default for FileOptions {
    fn default() -> FileOptions {
        FileOptions {
            variable_start: "{{".to_owned(),
            variable_end: "}}".to_owned(),
            block_start: "{%".to_owned(),
            block_end: "%}".to_owned(),
            comment_start: "{#".to_owned(),
            comment_end: "#}".to_owned(),
            line_statement_prefix: None,
            line_comment_prefix: None,
            trim_blocks: true,
            lstrip_blocks: false,
            newline_sequence: "\n".to_owned(),
        }
    }
}

/// Evaluation for one host and task; made anew for each, for it remembers what variables gave.
pub struct Env<'a> {
    pub scope: &'a dyn Scope,
    pub context: &'a Context,
    /// Where templates are looked for that the rendered one includes, when that is a file; otherwise the search path is.
    pub include_path: Option<Vec<PathBuf>>,
    told: &'a Mutex<Vec<Told>>,
    memo: Mutex<FxHashMap<usize, Memo>>,
    pub(super) markup: Markup,
    /// Whether a template that changes lists or dictionaries in place has run, so that cells may be about.
    cells: AtomicBool,
}

/// What a variable that is a template gave; the variable is kept so that its address stays its own.
struct Memo {
    _of: Value,
    /// Nothing while it is being evaluated.
    result: Option<Result<Value>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Env<'a> {
    pub fn new(scope: &'a dyn Scope, context: &'a Context) -> Env<'a> {
        Env {
            scope,
            context,
            include_path: None,
            told: &context.told,
            memo: Mutex::default(),
            markup: Markup::default(),
            cells: AtomicBool::default(),
        }
    }

    /// Returns this environment with another place for what is to be warned of.
    #[must_use]
    pub fn telling(self, told: &'a Mutex<Vec<Told>>) -> Env<'a> {
        Env { told, ..self }
    }

    /// Returns the place for what is to be warned of.
    pub fn told(&self) -> &'a Mutex<Vec<Told>> {
        self.told
    }

    /// Warns in these words, which have no place.
    pub(super) fn warn(&self, message: &str) {
        self.tell(Told::warning(message, None));
    }

    /// Warns of something, once.
    pub fn tell(&self, told: Told) {
        let mut known = lock(self.told);
        if !known.iter().any(|known| known.is_again(&told)) {
            known.push(told);
        }
    }

    pub(super) fn allow_cells(&self) {
        self.cells.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_cells(&self) -> bool {
        self.cells.load(Ordering::Relaxed)
    }

    /// Returns the value with all templates in it evaluated and all vault texts opened.
    pub fn eval(&self, value: &Value) -> Result<Value> {
        match value {
            Value::Template(template) => Ok(without_omitted(&self.evaluate(template, 0)?)),
            Value::List(_) | Value::Dict(_) | Value::Tuple(_) if !value.is_lazy() => {
                Ok(value.clone())
            }
            Value::List(list) => {
                self.prepare_vaults(value);
                let items = list.iter().map(|item| self.eval(item));
                let items = items.filter(|item| !matches!(item, Ok(Value::Omit)));
                Ok(Value::List(Arc::new(items.collect::<Result<List>>()?)))
            }
            Value::Tuple(list) => {
                let items = list.iter().map(|item| self.eval(item));
                Ok(Value::Tuple(Arc::new(items.collect::<Result<List>>()?)))
            }
            Value::Dict(dict) => {
                self.prepare_vaults(value);
                let mut entries = Dict::with_capacity(dict.len());
                for (key, value) in dict.iter() {
                    let value = self.eval(value)?;
                    if !matches!(value, Value::Omit) {
                        entries.insert(key.clone(), value);
                    }
                }
                Ok(entries.into())
            }
            Value::Encrypted(encrypted) => self.open(encrypted),
            Value::Undefined(undefined) => Err((&**undefined).into()),
            other => Ok(other.clone()),
        }
    }

    /// Returns the value of a bare expression, as in `when`, `until` and `that`.
    pub fn eval_expression(&self, text: &str, span: Option<&Span>) -> Result<Value> {
        self.run_expression(&self.expression_code(text, span)?)
    }

    /// Evaluates a condition, in which texts may be templates.
    pub(super) fn eval_condition(&self, text: &str, span: Option<&Span>) -> Result<Value> {
        if !Template::is_in(text) {
            return self.eval_expression(text, span);
        }
        self.run_expression(&Arc::new(syntax::compile_condition(text, span.cloned())?))
    }

    fn run_expression(&self, code: &Arc<Code>) -> Result<Value> {
        self.run(code, 0).map(|value| without_omitted(&value)).map_err(|mut error| {
            if !error.of_template
                && let Some(rest) = error.message.strip_prefix("Error rendering template: ")
            {
                error.message = format!("Error rendering expression: {rest}");
            }
            error
        })
    }

    /// Returns the text that a file's template gives.
    pub fn render_file(
        &self,
        text: &str,
        span: Option<&Span>,
        options: &FileOptions,
    ) -> Result<String> {
        self.file_output(text, span, options)?.into_text()
    }

    /// Returns what a file's template gives: a native value where it is one expression, otherwise text.
    pub fn file_value(
        &self,
        text: &str,
        span: Option<&Span>,
        options: &FileOptions,
    ) -> Result<Value> {
        Ok(without_omitted(&self.file_output(text, span, options)?.into_value()?))
    }

    fn file_output(
        &self,
        text: &str,
        span: Option<&Span>,
        options: &FileOptions,
    ) -> Result<Output> {
        self.file_evaluated(text, span, options).map_err(|mut error| {
            // A variable in which it fails has been named; what the file includes is not.
            if error.origin.is_none() {
                error.origin = span.cloned();
            }
            error
        })
    }

    fn file_evaluated(
        &self,
        text: &str,
        span: Option<&Span>,
        options: &FileOptions,
    ) -> Result<Output> {
        if !options.may_be_template(text) {
            return Ok(Output::of_text(text.to_owned()));
        }
        let newline = &options.newline_sequence;
        let (text, options) = syntax::expand_header(text, options)?;
        let code = self.context.compiled.file(text, &options, || span.cloned())?;
        // What a file gives is a native value first: only text gets back the newlines of the file's end.
        let count = |text: &str| text.len() - text.trim_end_matches('\n').len();
        let lost = |rendered: &str| newline.repeat(count(text).saturating_sub(count(rendered)));
        let mut out = Output::native().expecting(code.lately.load(Ordering::Relaxed));
        Evaluator::new(self, &code, 0).run(&mut out)?;
        out.change(|made| match made {
            Made::Nothing if count(text) == text.len() => Made::Text(newline.repeat(text.len())),
            Made::One(Value::Str(rendered)) => Made::Text(rendered.to_string() + &lost(&rendered)),
            Made::Text(mut rendered) | Made::Written(mut rendered) => {
                let lost = lost(&rendered);
                rendered.push_str(&lost);
                code.lately.store(rendered.len(), Ordering::Relaxed);
                Made::Text(rendered)
            }
            other => other,
        });
        Ok(out)
    }

    /// Returns a variable's value with all templates in it evaluated, or nothing where there is no such variable.
    pub fn value(&self, name: &str) -> Result<Option<Value>> {
        match self.variable(name, 0)? {
            Some(value) => self.eval(&value).map(Some),
            None => Ok(None),
        }
    }

    /// Returns the value of an expression, where it is one of those that are asked for.
    pub(super) fn literal(&self, text: &str, is: fn(&Expression) -> bool) -> Option<Value> {
        let code = Arc::new(syntax::compile_expression(text, None).ok()?);
        let [Statement::Emit(expression)] = &code.body[..] else { return None };
        if !is(expression) {
            return None;
        }
        Some(Evaluator::new(self, &code, 0).expression(expression).ok()?.into_owned())
    }

    pub(super) fn expression_code(&self, text: &str, span: Option<&Span>) -> Result<Arc<Code>> {
        if let Some(code) = lock(&self.context.compiled.expressions).get(text) {
            return Ok(Arc::clone(code));
        }
        let code = Arc::new(syntax::compile_expression(text, span.cloned())?);
        lock(&self.context.compiled.expressions).insert(Arc::clone(&code.text), Arc::clone(&code));
        Ok(code)
    }

    /// Returns the native value that a compiled template gives.
    pub(super) fn run(&self, code: &Arc<Code>, depth: u32) -> Result<Value> {
        let mut out = Output::native();
        Evaluator::new(self, code, depth).run(&mut out)?;
        out.into_value()
    }

    pub(super) fn evaluate(&self, template: &Template, depth: u32) -> Result<Value> {
        let compiled = syntax::compiled(template)?;
        let value = self.run(&compiled.code, depth).map_err(TemplateError::of_template)?;
        Ok(compiled.with_newlines(value))
    }

    /// Returns a name's value, resolved when it is a template; what is undefined inside it comes back as a value.
    pub(super) fn variable(&self, name: &str, depth: u32) -> Result<Option<Value>> {
        match self.scope.get(name) {
            Some(value @ (Value::Template(_) | Value::Encrypted(_))) => {
                self.resolve(&value, depth).map(Some)
            }
            found => Ok(found),
        }
    }

    /// Evaluates a value that is itself a template, once.
    pub(super) fn resolve(&self, value: &Value, depth: u32) -> Result<Value> {
        match value {
            Value::Template(template) => {
                let address = Arc::as_ptr(template) as usize;
                self.once(address, value, || self.evaluate_lazily(template, depth + 1))
            }
            Value::Encrypted(encrypted) => self.open(encrypted),
            other => Ok(other.clone()),
        }
    }

    /// Evaluates all templates in a container, once; what is undefined, omitted or failed stays inside as a value.
    pub(super) fn complete(&self, value: &Value, depth: u32) -> Result<Value> {
        if !value.is_lazy() {
            return Ok(value.clone());
        }
        match value {
            Value::List(list) => self.once(Arc::as_ptr(list) as usize, value, || {
                let items = list.iter().map(|item| kept_inside(self.complete(item, depth)));
                Ok(Value::List(Arc::new(items.collect::<Result<List>>()?)))
            }),
            Value::Tuple(list) => {
                let items = list.iter().map(|item| kept_inside(self.complete(item, depth)));
                Ok(Value::Tuple(Arc::new(items.collect::<Result<List>>()?)))
            }
            Value::Dict(dict) => self.once(Arc::as_ptr(dict) as usize, value, || {
                let mut entries = Dict::with_capacity(dict.len());
                for (key, value) in dict.iter() {
                    entries.insert(key.clone(), kept_inside(self.complete(value, depth))?);
                }
                Ok(entries.into())
            }),
            other => match self.resolve(other, depth)? {
                container @ (Value::List(_) | Value::Dict(_)) => self.complete(&container, depth),
                value => Ok(value),
            },
        }
    }

    fn once(
        &self,
        address: usize,
        of: &Value,
        evaluate: impl FnOnce() -> Result<Value>,
    ) -> Result<Value> {
        {
            let mut memo = lock(&self.memo);
            match memo.get(&address) {
                Some(Memo { result: Some(result), .. }) => return result.clone(),
                Some(Memo { result: None, .. }) => {
                    let mut error = TemplateError::recursion();
                    if let Value::Template(template) = of {
                        error.origin.clone_from(&template.span);
                    }
                    return Err(error);
                }
                None => {
                    memo.insert(address, Memo { _of: of.clone(), result: None });
                }
            }
        }
        let result = match evaluate() {
            Err(error) if error.is_undefined() => Ok(error.into()),
            // What failed fails those who use it.
            Err(error) if matches!(error.kind, ErrorKind::Runtime | ErrorKind::Plugin) => {
                Ok(error.of_plugin().into())
            }
            other => other,
        };
        if let Some(entry) = lock(&self.memo).get_mut(&address) {
            entry.result = Some(result.clone());
        }
        result
    }

    /// Returns what a template, a list or a dictionary has become, where it was evaluated already.
    pub(super) fn evaluated(&self, value: &Value) -> Option<Value> {
        let address = match value {
            Value::Template(template) => Arc::as_ptr(template) as usize,
            Value::List(list) => Arc::as_ptr(list) as usize,
            Value::Dict(dict) => Arc::as_ptr(dict) as usize,
            _ => return None,
        };
        lock(&self.memo).get(&address)?.result.clone()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Source, template::uses::testing::Variables};

    fn template(text: &str) -> Value {
        Value::Template(Arc::new(Template::new(text, None)))
    }

    fn variables() -> Variables {
        Variables(
            [
                ("name", Value::str("web1")),
                ("greeting", template("hello {{ name }}")),
                ("broken", template("{{ nothing }}")),
                ("endless", template("{{ endless }}")),
                ("a", template("{{ b }}")),
                ("b", template("{{ a }}")),
                ("foreign", Value::str("{{ name }}")),
                ("nested", Value::dict([("x", template("{{ name }}")), ("y", Value::Int(1))])),
            ]
            .into_iter()
            .collect(),
        )
    }

    fn check(text: &str, expected: &str) {
        let (variables, context) = (variables(), Context::default());
        let found = match Env::new(&variables, &context).eval(&template(text)) {
            Ok(value) => value.to_repr(),
            Err(error) => error.into_message(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn variables_are_templated_when_they_are_used() {
        check("{{ greeting }}!", "'hello web1!'");
        check("{{ broken | default(1) }}", "1");
        check("{{ broken }}", "'nothing' is undefined");
        check("{{ nested }}", "{'x': 'web1', 'y': 1}");
        check("{{ nested.x }}{{ nested | length }}", "'web12'");
    }

    #[test]
    fn what_a_template_gives_is_not_a_template() {
        check("{{ foreign }}", "'{{ name }}'");
        check("{{ foreign ~ '' }}{{ [foreign] }}", "\"{{ name }}['{{ name }}']\"");
    }

    #[test]
    fn templates_without_end_are_refused() {
        let message = "Recursive loop detected in template: maximum recursion depth exceeded";
        check("{{ endless }}", message);
        check("{{ a }}", message);
        let macro_message = "Recursive loop detected in template: maximum recursion depth exceeded";
        check("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", macro_message);
        check(
            "{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}",
            "Error rendering template: the template does not come to an end",
        );
        check(
            "{{ range(9999999999) | list }}",
            "The filter plugin 'ansible.builtin.list' failed: the range is too large",
        );
    }

    #[test]
    fn errors_stand_where_the_expression_stands() {
        let text = "- debug:\n    msg: \"x {{ name }} {{ nothing.at }}\"\n";
        let source = Source::new("site.yml", text);
        let span = Span::new(&source, (1, 9), (1, 40));
        let value =
            Value::Template(Arc::new(Template::new("x {{ name }} {{ nothing.at }}", Some(span))));
        let (variables, context) = (variables(), Context::default());
        let error = Env::new(&variables, &context).eval(&value).unwrap_err();
        assert_eq!(error.span.as_ref().map(Span::text), Some("nothing"));
        assert!(error.is_undefined());
    }

    #[test]
    fn conditions_must_be_true_or_false() {
        let (variables, context) = (variables(), Context::default());
        let env = Env::new(&variables, &context);
        let check = |condition: Value, expected: Result<bool>| {
            let found = env.one_condition_at(&condition, None);
            assert_eq!(
                found.map_err(TemplateError::into_message),
                expected.map_err(TemplateError::into_message)
            );
        };
        check("name == 'web1'".into(), Ok(true));
        check(template("{{ name == 'web1' }}"), Ok(true));
        check(
            "name".into(),
            Err(TemplateError::exact(
                "Conditional result (True) was derived from value of type 'str' at '<unknown>'. Conditionals must have a boolean result.",
            )),
        );
        check(
            "nothing".into(),
            Err(TemplateError::exact("Error while evaluating conditional: 'nothing' is undefined")),
        );
        check(
            "".into(),
            Err(TemplateError::exact("Empty conditional expressions are not allowed.")),
        );
        check(
            "foreign".into(),
            Err(TemplateError::exact(
                "Conditional result (True) was derived from value of type 'str' at '<unknown>'. Conditionals must have a boolean result.",
            )),
        );
    }

    #[test]
    fn files_are_text_and_take_options_from_their_header() {
        let (variables, context) = (variables(), Context::default());
        let env = Env::new(&variables, &context);
        let render = |text: &str| env.render_file(text, None, &FileOptions::default()).unwrap();
        assert_eq!(render("{% if true %}\n  a\\t{{ 'b\\tc' }}\n{% endif %}\n\n"), "  a\\tb\tc\n\n");
        assert_eq!(render("{{ 1 }}"), "1");
        assert_eq!(render("{{ none }}{{ [1, none] }}"), "[1, None]");
        assert_eq!(
            render(
                "#jinja2: trim_blocks: False, lstrip_blocks: True\n  {% if true %}\nx{% endif %}\n"
            ),
            "\nx\n"
        );
        assert_eq!(
            render(
                "#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ name ]] {{ x }}\n"
            ),
            "web1 {{ x }}\n"
        );
    }
}
