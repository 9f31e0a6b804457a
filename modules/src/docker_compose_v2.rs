//! `docker_compose_v2`: projects of containers, kept by the program `docker compose`.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Compose, Ignored, Project, Ran, outcome_of},
    host::{Failure, Host, Outcome, Result},
    spec::{FromArg, Json, JsonMap, python_repr},
};

/// Keeps a project of containers that `docker compose` describes
///
/// # Examples
/// ```yaml
/// - name: Have the shop running
///   community.docker.docker_compose_v2:
///     project_src: /srv/shop
///     pull: missing
///     remove_orphans: true
///
/// - name: Take it away
///   community.docker.docker_compose_v2:
///     project_src: /srv/shop
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// How it should be
    #[arg(default = "present")]
    state: State,
    /// When images are pulled
    #[arg(default = "policy")]
    pull: Pull,
    /// When images are built
    #[arg(default = "policy")]
    build: Build,
    /// Whether questions are answered with yes
    #[arg(default = "false")]
    assume_yes: bool,
    /// When containers are made anew
    #[arg(default = "auto")]
    recreate: Recreate,
    /// Whether volumes without a name are made anew
    #[arg(default = "false")]
    renew_anon_volumes: bool,
    /// Whether containers of services that are gone are removed
    #[arg(default = "false")]
    remove_orphans: bool,
    /// Which images go with the project
    remove_images: Option<Images>,
    /// Whether volumes go with the project
    #[arg(default = "false")]
    remove_volumes: bool,
    /// Seconds after which containers are killed
    timeout: Option<i64>,
    /// Services that are meant
    services: Vec<String>,
    /// How many containers services have
    #[arg(default = "{}")]
    scale: JsonMap,
    /// Whether services that others need are meant, too
    #[arg(default = "true")]
    dependencies: bool,
    /// Whether what builds say is no change
    #[arg(default = "true")]
    ignore_build_events: bool,
    /// Whether it waits for containers to work
    #[arg(default = "false")]
    wait: bool,
    /// Seconds that it waits
    wait_timeout: Option<i64>,
    #[arg(flatten)]
    project: Project,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Stopped,
    Restarted,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Pull {
    Always,
    Missing,
    Never,
    Policy,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Build {
    Always,
    Never,
    Policy,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Recreate {
    Always,
    Never,
    Auto,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Images {
    All,
    Local,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let compose = Compose::of(host, &args.project)?;
    if args.assume_yes && !compose.has((2, 32)) {
        return Err(Failure::new("assume_yes=true needs Docker Compose 2.32.0 or newer"));
    }
    let work = Work { args: &args, scale: scale_of(&args)?, compose };
    let mut result = JsonMap::new();
    match args.state {
        State::Present => work.up(&mut result)?,
        State::Stopped => work.stop(&mut result)?,
        State::Restarted => work.plain(&mut result, &work.restart_words())?,
        State::Absent => work.plain(&mut result, &work.down_words())?,
    }
    result.insert("containers".to_owned(), work.compose.containers()?.into());
    result.insert("images".to_owned(), work.compose.images()?.into());
    outcome_of(result)
}

/// Returns how many containers each service gets.
fn scale_of(args: &Args) -> Result<Vec<(&str, i64)>> {
    let mut scale = Vec::new();
    for (service, count) in &args.scale {
        let wrong = |what: &str| {
            let service = python_repr(&Json::from(service.as_str()));
            Failure::new(format!(
                "The value {} for `scale[{service}]` is {what}",
                python_repr(count)
            ))
        };
        let number = i64::from_arg(count).map_err(|_| wrong("not an integer"))?;
        if number < 0 {
            return Err(wrong("negative"));
        }
        scale.push((service.as_str(), number));
    }
    scale.sort_unstable();
    Ok(scale)
}

struct Work<'a> {
    args: &'a Args,
    scale: Vec<(&'a str, i64)>,
    compose: Compose<'a>,
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

impl Work<'_> {
    fn up_words(&self, no_start: bool) -> Vec<String> {
        let args = self.args;
        let mut all = words(&["up", "--detach", "--no-color", "--quiet-pull"]);
        if args.pull != Pull::Policy {
            all.extend(words(&["--pull", args.pull.as_str()]));
        }
        for (option, wanted) in [
            ("--remove-orphans", args.remove_orphans),
            ("--force-recreate", args.recreate == Recreate::Always),
            ("--no-recreate", args.recreate == Recreate::Never),
            ("--renew-anon-volumes", args.renew_anon_volumes),
            ("--no-deps", !args.dependencies),
            ("--build", args.build == Build::Always),
            ("--no-build", args.build == Build::Never),
            ("--wait", args.wait),
            ("--no-start", no_start),
        ] {
            if wanted {
                all.push(option.to_owned());
            }
        }
        for (service, count) in &self.scale {
            all.extend(words(&["--scale", &format!("{service}={count}")]));
        }
        if let Some(timeout) = args.wait_timeout.filter(|_| args.wait) {
            all.extend(words(&["--wait-timeout", &timeout.to_string()]));
        }
        if args.assume_yes {
            all.push(if self.compose.has((2, 34)) { "--yes" } else { "-y" }.to_owned());
        }
        all
    }

    fn restart_words(&self) -> Vec<String> {
        let mut all = words(&["restart"]);
        if !self.args.dependencies {
            all.push("--no-deps".to_owned());
        }
        all
    }

    fn down_words(&self) -> Vec<String> {
        let mut all = words(&["down"]);
        if self.args.remove_orphans {
            all.push("--remove-orphans".to_owned());
        }
        if let Some(images) = self.args.remove_images {
            all.extend(words(&["--rmi", images.as_str()]));
        }
        if self.args.remove_volumes {
            all.push("--volumes".to_owned());
        }
        all
    }

    /// Runs a command for the services that are named.
    fn call(&self, command: &[String]) -> Result<Ran> {
        let mut all = command.to_vec();
        if let Some(timeout) = self.args.timeout {
            all.extend(words(&["--timeout", &timeout.to_string()]));
        }
        if self.compose.host.checking() {
            all.push("--dry-run".to_owned());
        }
        all.push("--".to_owned());
        all.extend(self.args.services.iter().cloned());
        self.compose.run(&all)
    }

    fn plain(&self, result: &mut JsonMap, command: &[String]) -> Result<()> {
        let ran = self.call(command)?;
        ran.add_to(result, Ignored::default());
        ran.add_failure(result, &ran.events);
        Ok(())
    }

    /// Pulls always say that they begin.
    fn ignored_of_up(&self) -> Ignored {
        Ignored { pulls: true, builds: self.args.ignore_build_events }
    }

    fn up(&self, result: &mut JsonMap) -> Result<()> {
        let ran = self.call(&self.up_words(false))?;
        ran.add_to(result, self.ignored_of_up());
        ran.add_failure(result, &ran.events);
        Ok(())
    }

    /// Has everything there, and nothing running: a stop always says that it stops.
    fn stop(&self, result: &mut JsonMap) -> Result<()> {
        let made = self.call(&self.up_words(true))?;
        made.add_to(result, self.ignored_of_up());
        let stopped = |one: &Json| {
            matches!(one["State"].as_str(), Some("created" | "exited" | "stopped" | "killed"))
        };
        if !made.output.success() || self.compose.containers()?.iter().all(stopped) {
            made.add_failure(result, &made.events);
            return Ok(());
        }
        let ran = self.call(&words(&["stop"]))?;
        ran.add_to(result, Ignored::default());
        let events = [made.events, ran.events.clone()].concat();
        ran.add_failure(result, &events);
        Ok(())
    }
}
