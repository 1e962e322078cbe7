//! Runs that were cut off go on where they stopped; a plan says what a run does.

use chathub_core::app::MigrationNews;

use crate::support::{
    at_once,
    old::{EIGHT, FIVE, everything, layout, old},
    service::Service,
    site::Site,
};

/// Ends the session that migrates, as a killed process or server would.
fn cut(site: &Site) {
    use mysql::prelude::Queryable;
    let mut session = site.session();
    let me: u32 = session.query_first("SELECT CONNECTION_ID()").unwrap().unwrap();
    for (number, _) in site.connections() {
        if number != me {
            session.query_drop(format!("KILL {number}")).unwrap();
        }
    }
}

fn lines(site: &Site) -> Vec<String> {
    site.app().migration_plan().unwrap().into_iter().map(|step| step.what).collect()
}

/// What the rows hold at the end; the record of what ran differs.
fn rows(site: &Site) -> String {
    let dump = site.dump();
    dump.lines().filter(|line| !line.contains("chathub_migration: ")).collect()
}

#[test]
fn a_plan_is_what_a_run_does_and_changes_nothing() {
    for tables in [FIVE, EIGHT, ""] {
        let site = old(tables);
        let before = everything(&site);
        let plan = lines(&site);
        assert!(plan.len() > 5);
        assert_eq!(everything(&site), before);
        assert_eq!(site.app().migrate().unwrap(), plan);
        assert_eq!(lines(&site), [""; 0]);
        assert_eq!(site.rows("SELECT step FROM #migration ORDER BY id"), plan);
    }
}

#[test]
fn a_run_tells_how_far_it_is() {
    let site = old(EIGHT);
    let mut told = Vec::new();
    let hear = &mut |news: MigrationNews<'_>| match news {
        MigrationNews::Begin { step, number, of } => {
            told.push(format!("{number}/{of} {}", step.what))
        }
        MigrationNews::Rows(done) => told.push(format!("{done} rows")),
        MigrationNews::Done { .. } => {}
    };
    let done = site.app().migrate_and_tell(hear).unwrap();
    assert_eq!(told.pop().unwrap(), "2 rows");
    let numbered =
        done.iter().enumerate().map(|(i, what)| format!("{}/{} {what}", i + 1, done.len()));
    assert_eq!(told, numbered.collect::<Vec<_>>());
}

#[test]
fn cut_off_before_any_step_and_run_again_the_end_is_the_same() {
    for tables in [FIVE, EIGHT] {
        let whole = old(tables);
        let steps = whole.app().migrate().unwrap();
        for (at, what) in (1..).zip(&steps) {
            // One new table is like the other.
            if what.starts_with("create ") && at > 1 && !what.ends_with("_job") {
                continue;
            }
            let site = old(tables);
            let result = site.app().migrate_and_tell(&mut |news| match news {
                MigrationNews::Begin { number, .. } if number == at => cut(&site),
                _ => {}
            });
            assert!(result.is_err(), "{what}");
            assert!(!site.app().migrate().unwrap().is_empty());
            assert_eq!(layout(&site), layout(&whole), "{what}");
            assert_eq!(rows(&site), rows(&whole), "{what}");
        }
    }
}

#[test]
fn cut_off_between_two_batches_of_rows() {
    let site = old(EIGHT);
    site.exec(
        "INSERT INTO #tenant (id, tenant_name, domain, email, config) SELECT seq, 'x', 'x', 'x', \
         CONCAT('{\"initial_password\":\"secret\",\"n\":', seq, '}') FROM seq_100_to_1999",
    );
    let clean = "SELECT COUNT(*) FROM #tenant WHERE config = CONCAT('{\"n\":', id, '}')";
    let mut cuts = 0;
    loop {
        let before = site.number(clean);
        let result = site.app().migrate_and_tell(&mut |news| {
            if let MigrationNews::Rows(_) = news {
                cuts += 1;
                cut(&site);
            }
        });
        if result.is_ok() {
            break;
        }
        assert!(site.number(clean) > before, "each run gets further");
        assert!(cuts < 10);
    }
    assert!(cuts >= 3, "{cuts}");
    assert_eq!(site.number(clean), 1900);
    assert_eq!(site.number("SELECT COUNT(*) FROM #tenant WHERE config LIKE '%initial%'"), 0);
}

#[test]
fn a_second_run_waits_for_the_first_or_says_so() {
    let fresh = Site::new(&Service::absent());
    let site = old(EIGHT);
    let results = at_once(4, |_| site.app().migrate());
    assert!(results.iter().any(|done| done.as_ref().is_ok_and(|lines| !lines.is_empty())));
    for result in results {
        if let Err(error) = result {
            assert_eq!(error.key(), "migration_running");
        }
    }
    assert_eq!(layout(&site), layout(&fresh));
    let record = site.rows("SELECT step FROM #migration ORDER BY step");
    let mut once = record.clone();
    once.dedup();
    assert_eq!(record, once, "nothing was done twice");
}
