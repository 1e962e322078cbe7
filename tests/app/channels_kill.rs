//! A hundred accounts due at once, two machines with a worker each, a platform where a used refresh token
//! is dead at once, and SIGKILL at each step.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Child,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use chathub_core::{
    app::{
        Config,
        worker::{self, Boss, News, Options},
    },
    channel::journal::Journal,
};
use mysql::prelude::Queryable;
use serde_json::json;

use crate::support::{
    child, eventually,
    gateway::{KEY, read, seal},
    platform::{Act, Asked, Platforms},
    seed::Tenant,
    service::Service,
    site::Site,
};

const ACCOUNTS: usize = 100;
/// Of each sort.
const KILLS: usize = 8;

struct Silent(Config);

impl Boss for Silent {
    fn hear(&mut self, _: &News) {}

    fn config(&mut self) -> Option<Config> {
        Some(self.0.clone())
    }

    fn stops(&self) -> bool {
        false
    }
}

#[test]
#[ignore = "the worker of the other tests: a process of its own"]
fn worker_process() {
    let Some((database, config)) = child::told() else { return };
    let mut boss = Silent(config.clone());
    let options = Options { seconds: Some(300), ..Options::default() };
    worker::run(&database, config, options, &mut boss).unwrap();
}

/// When a worker is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// The request has come, and nothing is done yet.
    BeforeEffect,
    /// The answer is in the journal, and the row is not written.
    Journalled,
    /// The row is written, and the journal still has the answer.
    Stored,
    /// At some moment right after the answer has left the platform.
    AfterAnswer,
    Never,
}

/// A machine: a journal, and a worker that is started again when it was killed.
struct Machine {
    folder: PathBuf,
    worker: Mutex<Option<Child>>,
}

struct Scene {
    site: Site,
    platforms: Platforms,
    machines: Vec<Machine>,
    /// An effect of the platform is on its way to a row: until it is there, or in a journal, no other is
    /// let happen, so that a kill hits what it is meant for.
    on_its_way: AtomicBool,
    killed: Mutex<HashMap<Step, usize>>,
    /// Requests of living workers about a shop that another living one is asking about.
    doubled: AtomicUsize,
    over: AtomicBool,
}

impl Scene {
    fn new() -> Arc<Self> {
        let site = Site::new(&Service::absent()).with_channels();
        let tenant = site.tenant(&Tenant::default());
        let platforms = Platforms::start();
        for number in 0..ACCOUNTS {
            let shop = format!("shop-{number}");
            let (access, refresh) = platforms.tokens(&shop);
            let json = json!({"app_key": "jd-key", "app_secret": "s", "access_token": access, "refresh_token": refresh});
            let more = format!(
                ", shop_id = '{shop}', refresh_at = 1, expires_at = NOW() + INTERVAL 1 DAY"
            );
            site.account(tenant, "jd", &seal(KEY, &json), &more);
        }
        let machine = |number: usize| Machine {
            folder: site.runtime().join(format!("machine-{number}")),
            worker: Mutex::new(None),
        };
        let machines = vec![machine(0), machine(1)];
        Arc::new(Self {
            site,
            platforms,
            machines,
            on_its_way: AtomicBool::new(false),
            killed: Mutex::default(),
            doubled: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        })
    }

    fn start(&self, machine: &Machine) {
        let folder = machine.folder.to_str().unwrap();
        let test = "channels_kill::worker_process";
        let worker =
            child::start(test, &self.site, &self.platforms.url, &[("runtime_path", folder)]);
        *machine.worker.lock().unwrap() = Some(worker);
    }

    /// The machine whose worker has the account leased.
    fn machine_of(&self, shop: &str) -> Option<&Machine> {
        let sql = format!(
            "SELECT COALESCE(lease_owner, '') FROM #channel_account WHERE shop_id = '{shop}'"
        );
        let owner = self.site.row(&sql);
        let pid: u32 = owner.split('-').nth(2)?.parse().ok()?;
        let has = |machine: &&Machine| {
            machine.worker.lock().unwrap().as_ref().is_some_and(|child| child.id() == pid)
        };
        self.machines.iter().find(has)
    }

    fn kill(&self, machine: &Machine, step: Step) {
        let mut worker = machine.worker.lock().unwrap().take().unwrap();
        worker.kill().unwrap();
        worker.wait().unwrap();
        *self.killed.lock().unwrap().entry(step).or_default() += 1;
    }

    fn tokens(&self, shop: &str) -> (String, String) {
        let blob = self.site.blob(&format!("shop_id = '{shop}'")).unwrap();
        let json = read(KEY, &blob).unwrap();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    fn is_stored(&self, shop: &str) -> bool {
        self.tokens(shop) == self.platforms.current(shop)
    }

    /// The shop has got other tokens than `before`, and they are in its row.
    fn is_renewed(&self, shop: &str, before: &(String, String)) -> bool {
        self.platforms.current(shop) != *before && self.is_stored(shop)
    }

    /// Dead workers' leases run out, and what waits for another try is tried.
    fn time_passes(&self) {
        let leased =
            self.site.rows("SELECT id, lease_owner FROM #channel_account WHERE lease_owner <> ''");
        // Asked after that: whoever is not among them now is dead for good.
        let workers =
            self.machines.iter().map(|m| m.worker.lock().unwrap().as_ref().map(Child::id));
        let alive: Vec<String> = workers.flatten().map(|pid| format!("-{pid}-")).collect();
        for row in leased {
            let (id, owner) = row.split_once('|').unwrap();
            if !alive.iter().any(|pid| owner.contains(pid)) {
                self.site.exec(&format!(
                    "UPDATE #channel_account SET lease_until = 1 WHERE id = {id} AND lease_owner = '{owner}'"
                ));
            }
        }
        let waiting =
            "refresh_failures > 0 AND lease_owner IS NULL AND refresh_at > UNIX_TIMESTAMP()";
        for id in self.site.rows(&format!("SELECT id FROM #channel_account WHERE {waiting}")) {
            self.site.exec(&format!(
                "UPDATE #channel_account SET refresh_at = 1 WHERE id = {id} AND {waiting}"
            ));
        }
    }

    /// Starts workers where none runs.
    fn revive(&self) {
        for machine in &self.machines {
            if machine.worker.lock().unwrap().is_none() {
                self.start(machine);
            }
        }
    }

    fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
        for machine in &self.machines {
            if let Some(mut worker) = machine.worker.lock().unwrap().take() {
                worker.kill().unwrap();
                worker.wait().unwrap();
            }
        }
    }
}

/// The file in which the account's answer is, once it is whole.
fn entry_of(folder: &Path, account_id: u32) -> Option<PathBuf> {
    let journal = Journal::open(folder.to_str()?).ok()?;
    if journal.entries(Some(account_id)).ok()?.is_empty() {
        return None;
    }
    fs::read_dir(folder).ok()?.flatten().map(|file| file.path()).find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&format!("refresh-{account_id}-"))
            && fs::read(path).is_ok_and(|text| !text.starts_with(b" "))
    })
}

/// What happens to the worker that asked for this shop; the answer leaves when this returns.
fn fate(scene: &Arc<Scene>, shop: String, step: Step) -> Act {
    let Some(machine) = scene.machine_of(&shop) else { return Act::HangUp };
    if step == Step::BeforeEffect {
        scene.kill(machine, step);
        return Act::HangUp;
    }
    scene.on_its_way.store(true, Ordering::SeqCst);
    let before = scene.platforms.current(&shop);
    let folder = machine.folder.clone();
    let id: u32 = scene
        .site
        .row(&format!("SELECT id FROM #channel_account WHERE shop_id = '{shop}'"))
        .parse()
        .unwrap();
    // Keeps the worker from writing the row.
    let mut lock = scene.site.session();
    if matches!(step, Step::Journalled | Step::Stored) {
        lock.query_drop("START TRANSACTION").unwrap();
        let sql = format!("SELECT id FROM `fa_chathub_channel_account` WHERE id = {id} FOR UPDATE");
        lock.query_drop(sql).unwrap();
    }
    let scene = Arc::clone(scene);
    thread::spawn(move || {
        let machine = scene.machines.iter().find(|machine| machine.folder == folder).unwrap();
        match step {
            Step::Journalled => {
                eventually("the answer in the journal", || entry_of(&folder, id));
                scene.kill(machine, step);
                drop(lock);
            }
            Step::Stored => {
                let path = eventually("the answer in the journal", || entry_of(&folder, id));
                let text = fs::read(&path).unwrap();
                lock.query_drop("COMMIT").unwrap();
                eventually("it is stored", || scene.is_renewed(&shop, &before).then_some(()));
                scene.kill(machine, step);
                fs::write(&path, text).unwrap();
            }
            Step::AfterAnswer => {
                let micros = u64::from(id) * 37 % 3000;
                thread::sleep(Duration::from_micros(micros));
                scene.kill(machine, step);
            }
            _ => eventually("it is stored", || {
                (scene.is_renewed(&shop, &before) || scene.over.load(Ordering::Relaxed))
                    .then_some(())
            }),
        }
        scene.on_its_way.store(false, Ordering::SeqCst);
    });
    Act::Work
}

/// Lets the workers work, and kills as `plan` says, until `done`.
fn play(
    scene: &Arc<Scene>,
    plan: impl Fn(usize) -> Step + Send + Sync + 'static,
    done: impl Fn() -> bool,
) {
    let seen: Mutex<HashMap<String, usize>> = Mutex::default();
    let asking: Mutex<HashMap<String, Vec<Asked>>> = Mutex::default();
    let weak = Arc::downgrade(scene);
    scene.platforms.rule(move |_, asked| {
        let Some(scene) = weak.upgrade() else { return Act::HangUp };
        let mut others = asking.lock().unwrap();
        let others = others.entry(asked.param("refresh_token").to_owned()).or_default();
        others.retain(|other| !other.has_left());
        scene.doubled.fetch_add(others.len(), Ordering::Relaxed);
        others.push(asked.clone());
        if asked.shop.is_empty() {
            // A dead token: it is told so, as the platform does.
            return Act::Work;
        }
        let came = Instant::now();
        // One at a time.
        let mut seen = seen.lock().unwrap();
        while scene.on_its_way.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        // The leases are cut short here; in life they outlast every request.
        if asked.has_left() || came.elapsed() > Duration::from_secs(5) {
            return Act::HangUp;
        }
        let number: usize = asked.shop.rsplit('-').next().unwrap().parse().unwrap();
        let times = seen.entry(asked.shop.clone()).or_default();
        *times += 1;
        // Killed once; what comes after it goes well.
        let step = if *times == 1 { plan(number) } else { Step::Never };
        fate(&scene, asked.shop.clone(), step)
    });
    scene.revive();
    let rounds = AtomicUsize::new(0);
    while !done() {
        assert!(rounds.fetch_add(1, Ordering::Relaxed) < 3000, "it comes to no end");
        thread::sleep(Duration::from_millis(50));
        scene.revive();
        scene.time_passes();
    }
}

#[test]
fn no_account_is_lost() {
    let scene = Scene::new();
    let plan = |number: usize| match number / KILLS {
        0 => Step::BeforeEffect,
        1 => Step::Journalled,
        2 => Step::Stored,
        _ => Step::Never,
    };
    let due = "#channel_account WHERE refresh_at <= UNIX_TIMESTAMP()";
    play(&scene, plan, || scene.site.count(due) == 0);
    // Whoever was killed with an answer in the journal is up again, and stores it.
    eventually("the journals are empty", || {
        let empty = |machine: &Machine| {
            Journal::open(machine.folder.to_str().unwrap())
                .unwrap()
                .entries(None)
                .unwrap()
                .is_empty()
        };
        scene.machines.iter().all(empty).then_some(())
    });
    scene.stop();
    let lost = (0..ACCOUNTS).filter(|n| !scene.is_stored(&format!("shop-{n}"))).count();
    let killed = scene.killed.lock().unwrap().clone();
    let asked = scene.platforms.asked();
    let refused = asked.iter().filter(|asked| asked.shop.is_empty()).count();
    println!(
        "{ACCOUNTS} accounts, 2 workers, kills {killed:?}: {} requests ({refused} with a dead token), \
         {} about an account that another worker was asking about, {lost} lost",
        asked.len(),
        scene.doubled.load(Ordering::Relaxed),
    );
    assert_eq!(lost, 0);
    assert_eq!(scene.doubled.load(Ordering::Relaxed), 0);
    assert_eq!(
        scene.site.count("#channel_account WHERE status = 'active' AND uncertain_since IS NULL"),
        100
    );
    assert_eq!(scene.site.count("#mail"), 0, "nobody was alarmed");
    for step in [Step::BeforeEffect, Step::Journalled, Step::Stored] {
        assert_eq!(killed.get(&step), Some(&KILLS), "{step:?}");
    }
    assert!(!scene.site.dump().contains("CANARY"));
}

/// Between the platform's effect and the journal nothing can be kept by anybody: whoever is killed just
/// there has lost the answer. That is looked for here; such an account must end as one that is told of.
#[test]
fn a_kill_right_after_the_answer_is_survived_or_told_of() {
    let scene = Scene::new();
    let plan = |number: usize| if number < 20 { Step::AfterAnswer } else { Step::Never };
    let site = &scene.site;
    play(&scene, plan, || {
        site.exec("UPDATE #channel_account SET uncertain_since = 1 WHERE uncertain_since IS NOT NULL AND refresh_failures > 0");
        site.count("#channel_account WHERE refresh_at <= UNIX_TIMESTAMP()") == 0
    });
    scene.stop();
    let lost: Vec<usize> =
        (0..ACCOUNTS).filter(|n| !scene.is_stored(&format!("shop-{n}"))).collect();
    println!(
        "20 kills right after the answer left the platform: {} answers lost on the way",
        lost.len()
    );
    assert!(lost.iter().all(|number| *number < 20), "{lost:?}");
    let told = site
        .count("#channel_account WHERE status = 'expired' AND last_error LIKE 'refresh_refused%'");
    let expired = site.rows(
        "SELECT shop_id, status, last_error, uncertain_since, refresh_failures, refresh_at, lease_owner \
         FROM #channel_account WHERE status <> 'active'",
    );
    assert_eq!(usize::try_from(told).unwrap(), lost.len(), "lost {lost:?}, told of {expired:?}");
    // One that was given up may have come back from a journal: here an hour passes in no time.
    assert!(site.count("#mail WHERE kind = 'channel_expired'") >= told);
}
