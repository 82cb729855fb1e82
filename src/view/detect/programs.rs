//! What a container runs, and what it does in its engine's database.
use super::{
    super::{Container, Kind, Options, Var, Workload, condition::shows},
    scores::{Scores, weight},
    signs::folders,
};
use crate::{engines::Catalogue, terms::Role, text::command::Script};

/// Programs that keep a container open, or run anything but a database.
const IDLE_PROGRAMS: &[&str] = &[
    "sleep", "tail", "cat", "echo", "true", "false", "printf", "date", "curl", "wget", "nc", "ls", "env", "cp", "mv",
    "rm", "mkdir", "chown", "chmod", "python", "python3", "node", "npm", "yarn", "java", "ruby", "php", "perl", "go",
    "dotnet", "nginx", "httpd", "kubectl", "aws", "gsutil", "rclone", "restic", "tar", "gzip", "openssl", "jq", "awk",
    "sed", "grep", "find", "dig", "nslookup",
];

/// Of the programs above, the one that some servers are written for.
const VIRTUAL_MACHINE: &str = "java";

/// What kind of program a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    /// The image's own, or one that nobody knows.
    Own,
    /// A server of this engine.
    Server(usize),
    /// A client of this engine.
    Client(usize),
    /// Something that is no database.
    Other,
}

/// The program that matters most among those that the container calls.
pub(super) fn ran(scores: &mut Scores<'_>, script: &Script<'_>, named: &[usize]) -> Ran {
    let index = scores.catalogue.index();
    for call in script.calls().filter(|c| !c.program().is_empty()) {
        let engines: Vec<usize> = index.server(call.program()).collect();
        if engines.is_empty() {
            continue;
        }
        // One program can be several engines' (mysqld); what else is known of them decides.
        if let Some(kind) = scores.likeliest(engines.iter().copied()) {
            scores.add(kind, weight::PROGRAM, || format!("runs {}", call.program()));
            return Ran::Server(kind);
        }
    }
    for call in script.calls() {
        if let Some(kind) = scores.likeliest(index.client(call.program())) {
            scores.add_to_all(-weight::PROGRAM, || format!("runs {}, which is a client", call.program()));
            return Ran::Client(kind);
        }
    }
    let main = script.main().map_or("", |c| c.program());
    // A server's image may have its own start spelled out: `java ... io.questdb/io.questdb.ServerMain`.
    let engines = named.iter().filter_map(|at| scores.catalogue.engines().get(*at));
    let mut words = engines.flat_map(|engine| &engine.detect.words);
    let says =
        |word: &String| script.main().is_some_and(|c| c.args().iter().any(|arg| arg.text.contains(word.as_str())));
    if main == VIRTUAL_MACHINE && words.any(says) {
        return Ran::Own;
    }
    if IDLE_PROGRAMS.contains(&main) {
        scores.add_to_all(weight::OTHER_PROGRAM, || format!("runs {main}, which is no server"));
        return Ran::Other;
    }
    Ran::Own
}

/// What the container does in its engine's database.
pub(super) fn role(
    workload: Workload<'_>,
    container: Container<'_>,
    catalogue: &Catalogue,
    kind: usize,
    script: &Script<'_>,
    ran: Ran,
) -> Role {
    let Some(engine) = catalogue.engines().get(kind) else { return Role::Server };
    if !engine.detect.roles.is_empty() {
        let options = Options::of_script(script, &engine.detect.servers, engine.options);
        let options = options.beside(container.env().map(Var::name));
        let names = [container.name(), workload.name()];
        if let Some(sign) = engine.detect.roles.iter().find(|s| shows(s, container, &options, script, names)) {
            return sign.role;
        }
    }
    if matches!(ran, Ran::Own) && runs_unknown_script(script) && !looks_like_server(container, catalogue, kind) {
        return Role::Client;
    }
    // A Job with a command of its own is somebody's task on a server image, unless the task is to run the server.
    let task = matches!(workload.kind, Kind::Job | Kind::CronJob) && !container.keeps_entrypoint();
    if task && !matches!(ran, Ran::Server(_)) { Role::Client } else { Role::Server }
}

/// A shell with a script that nobody sees: `sh /scripts/backup.sh`.
fn runs_unknown_script(script: &Script<'_>) -> bool {
    script.main().is_some_and(|call| {
        let shell = matches!(call.program(), "sh" | "bash" | "ash" | "dash");
        let file = if shell { call.args().first().map_or("", |word| &word.text) } else { call.program() };
        !file.contains("entry") && (file.ends_with(".sh") || (shell && file.contains('/')))
    })
}

/// True where more than the image speaks for a server: a port, or a volume where the engine keeps its data.
fn looks_like_server(container: Container<'_>, catalogue: &Catalogue, kind: usize) -> bool {
    let index = catalogue.index();
    let is_of_kind = |at: usize| index.kind(at) == kind;
    let mut mounts = container.mounts().filter_map(|mount| mount.get("mountPath").str());
    container.ports().any(|port| index.port(port).any(is_of_kind))
        || mounts.any(|path| folders(path).any(|folder| index.folder(folder).any(is_of_kind)))
}
