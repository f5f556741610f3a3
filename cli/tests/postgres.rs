//! PostgreSQL through a tunnel. Needs `initdb`, `postgres`, `psql` and `pgbench`, as Debian's `postgresql` has them.

#![expect(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

mod tunnels;
use tunnels::{Keys, PATIENCE, signal, wait};

const ANY: &str = "127.0.0.1:0";
const USER: &str = "postgres";
/// How soon a client must learn that its query is lost: what issue 2 asks for.
const BOUND: Duration = Duration::from_secs(2);

/// A database server of our own.
struct Database {
    child: Child,
    programs: PathBuf,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Database {
    /// Makes and starts one; `None` if this machine has no PostgreSQL.
    fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if root {
            // PostgreSQL refuses to run as root.
            assert!(Command::new("chown").arg(USER).arg(folder.path()).status().unwrap().success());
        }
        let command = |program: &str| {
            let program = programs.join(program);
            if !root {
                return Command::new(program);
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(program);
            command
        };
        let quiet = |command: &mut Command| {
            let log = fs::File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
            command.current_dir("/").stdout(log.try_clone().unwrap()).stderr(log);
        };
        let mut initdb = command("initdb");
        quiet(initdb.args(["-A", "trust", "-N", "-U", USER, "-D"]).arg(&data));
        assert!(initdb.status().unwrap().success(), "{}", read(folder.path()));
        let port = TcpListener::bind(ANY).unwrap().local_addr().unwrap().port();
        let mut postgres = command("postgres");
        quiet(postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]));
        quiet(postgres.args(["-c", "unix_socket_directories=", "-c", "fsync=off"]));
        let child = postgres.spawn().unwrap();
        let database = Self { child, programs, port, _folder: folder };
        let begin = Instant::now();
        while database.ask("select 1").is_none() {
            assert!(begin.elapsed() < PATIENCE, "{}", read(database._folder.path()));
            thread::sleep(Duration::from_millis(50));
        }
        Some(database)
    }

    fn client(&self, program: &str, host: &str, port: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["-h", host, "-p", port, "-U", USER]);
        command.env("PGSSLMODE", "disable").env("PGGSSENCMODE", "disable").env("PGDATABASE", USER);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What the server itself answers, past every tunnel.
    fn ask(&self, query: &str) -> Option<String> {
        let output = self.client("psql", "127.0.0.1", &self.port.to_string()).args(["-Atc", query]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    /// Starts a query of thirty seconds through `port`, and waits until the server works on it. Gives the
    /// client and the id of the process that serves it.
    fn sleeping(&self, port: &str, name: &str) -> (Child, u32) {
        let query = format!("select pg_sleep(30) /* {name} */");
        let child = self.client("psql", "127.0.0.1", port).args(["-c", &query]).spawn().unwrap();
        let find = format!("select pid from pg_stat_activity where state = 'active' and query = $${query}$$");
        let begin = Instant::now();
        loop {
            match self.ask(&find).and_then(|id| id.parse().ok()) {
                Some(id) => return (child, id),
                None => assert!(begin.elapsed() < PATIENCE, "{name}: the query does not begin"),
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        signal("QUIT", self.child.id());
        wait(&mut self.child);
    }
}

/// The folder of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let has =
        |folder: &PathBuf| ["initdb", "postgres", "psql", "pgbench"].iter().all(|name| folder.join(name).is_file());
    ["/usr/lib/postgresql/15/bin".into()].into_iter().chain(env::split_paths(&path)).find(has)
}

fn read(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn port_of(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

fn assert_done(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{out}{err}");
    out
}

fn assert_benched(output: &Output) {
    let report = assert_done(output);
    let number = |label: &str| {
        let line = report.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{report}"));
        line.split([' ', '/']).next().unwrap().parse::<f64>().unwrap()
    };
    assert!(number("number of transactions actually processed: ") > 0.0, "{report}");
    assert_eq!(number("number of failed transactions: "), 0.0, "{report}");
    println!("{:.0} transactions per second", number("tps = "));
}

/// The query must be lost, and soon.
fn assert_lost(mut psql: Child, since: Instant, why: &str) {
    let status = wait(&mut psql);
    let took = since.elapsed();
    assert_eq!(status.code(), Some(2), "{why}: psql ends with {status}");
    assert!(took < BOUND, "{why}: the error took {took:?}");
    println!("{why}: an error after {took:?}");
}

#[test]
fn postgresql_works_through_a_tunnel_and_fails_at_once_without_it() {
    let Some(database) = Database::start() else {
        assert!(env::var_os("CI").is_none(), "PostgreSQL is absent, and CI is set");
        println!("skipped: postgresql_works_through_a_tunnel_and_fails_at_once_without_it: PostgreSQL absent");
        return;
    };
    let keys = Keys::new();
    let service = format!("127.0.0.1:{}", database.port);
    let mut server = keys.server(ANY, &service);
    let mut client = keys.client("desk-7", ANY, &server.address);
    let near = port_of(&client.address).to_owned();
    let pgbench = |host: &str, port: &str, words: &[&str]| database.client("pgbench", host, port).args(words).output();

    assert_done(&pgbench("127.0.0.1", &near, &["-i", "-q"]).unwrap());
    assert_benched(&pgbench("127.0.0.1", &near, &["-n", "-c", "8", "-j", "2", "-T", "3"]).unwrap());
    assert_benched(&pgbench("127.0.0.1", &near, &["-n", "-S", "-c", "8", "-j", "2", "-T", "3"]).unwrap());

    let folder = keys.folder().to_str().unwrap();
    let unix = keys.client("desk-7", &format!("unix:{folder}/.s.PGSQL.5432"), &server.address);
    assert_benched(&pgbench(folder, "5432", &["-n", "-S", "-c", "8", "-j", "2", "-T", "1"]).unwrap());
    drop(unix);

    let stranger = keys.client("stranger", ANY, &server.address);
    let mut psql =
        database.client("psql", "127.0.0.1", port_of(&stranger.address)).args(["-c", "select 1"]).spawn().unwrap();
    assert_eq!(wait(&mut psql).code(), Some(2));
    let id = stranger.said("listening on").split("our key is ").nth(1).unwrap().to_owned();
    let refused = server.said("refused 127.0.0.1:");
    assert!(refused.ends_with(&format!("unknown peer {id}")), "{refused}");

    let (psql, _) = database.sleeping(&near, "tunnel client");
    let since = Instant::now();
    client.kill();
    assert_lost(psql, since, "the tunnel client was killed");

    let client = keys.client("desk-7", ANY, &server.address);
    let (psql, _) = database.sleeping(port_of(&client.address), "tunnel server");
    let since = Instant::now();
    server.kill();
    assert_lost(psql, since, "the tunnel server was killed");

    let server = keys.server(ANY, &service);
    let client = keys.client("desk-7", ANY, &server.address);
    let (psql, backend) = database.sleeping(port_of(&client.address), "backend");
    let since = Instant::now();
    signal("KILL", backend);
    assert_lost(psql, since, "the database's process was killed");
}
