//! An account that lacks rights is told so in words, and one that may only look can make a plan.

use chathub_core::store::Settings;

use crate::support::{
    old::{EIGHT, everything, old},
    site::{Site, server},
};

fn reader(site: &Site) -> Settings {
    let reader = &server()["reader"];
    Settings {
        username: reader["user"].as_str().unwrap().into(),
        password: reader["password"].as_str().unwrap().into(),
        ..site.settings()
    }
}

#[test]
fn who_may_only_look_gets_the_plan_and_is_refused_the_run() {
    let site = old(EIGHT);
    let before = everything(&site);
    let app = site.app_on(reader(&site));
    assert!(app.migration_plan().unwrap().len() > 5);
    let error = app.migrate().unwrap_err();
    assert_eq!(error.key(), "database_rights", "{error}");
    assert!(error.to_string().contains("CREATE command denied"), "{error}");
    assert!(error.to_string().contains("create chathub_migration"), "{error}");
    assert_eq!(everything(&site), before);
}
