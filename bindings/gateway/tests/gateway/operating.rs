//! What an operator sees, and what nobody may see.

use std::fs;

use crate::message::{KEY, OTHER_SECRET, SECRET, exchange, request, sender};
use crate::postgres_server::PostgresServer;
use crate::running::{Application, Place, bytes_of, eventually};

const PATH: &str = "/hooks/orders";
const CANARY: &str = "canary-8c1f2d";
const STORAGE_KEY: &str = "whenc_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn no_payload_and_no_key_is_in_a_log_a_metric_or_a_sealed_store() {
    let place = Place::new("canary");
    show_no_canary(&place, || bytes_of(&place.folder));
}

#[test]
fn no_payload_and_no_key_is_in_a_column_of_postgres() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let query = "SELECT encode(payload, 'escape'), event::text, job::text, needed::text \
                   FROM postseal_events AS event JOIN postseal_jobs AS job USING (number), \
                     postseal_secrets_needed AS needed";
    let rows = || {
        let rows = server.ask(&url, query);
        assert!(rows.contains("evt_1") && rows.contains("secret-1"), "{rows}");
        rows.into_bytes()
    };
    show_no_canary(&Place::with_store("canary-postgres", &url), rows);
}

/// Sends a canary down every path, and looks for it, and for every key, wherever it must not be.
fn show_no_canary(place: &Place, stored: impl Fn() -> Vec<u8>) {
    let application = Application::start();
    let general = format!("storage_keys = [\"{STORAGE_KEY}\"]\nlog = \"json\"");
    let source = format!("encryption_keys = [\"{KEY}\"]\nmax_attempts = 1");
    place.configure(&general, &application.url(), &source);
    let gateway = place.start();
    let payload = format!("{{\"secret\":\"{CANARY}\"}}");
    let ours = sender(SECRET, Some(KEY));
    assert_eq!(place.send(&request(&ours, PATH, "evt_1", payload.as_bytes())), 202);
    let theirs = sender(OTHER_SECRET, Some(KEY));
    assert_eq!(place.send(&request(&theirs, PATH, "evt_2", payload.as_bytes())), 401);
    assert_eq!(place.send(&request(&sender(SECRET, None), PATH, "evt_3", payload.as_bytes())), 401);
    application.answer("500 Internal Server Error");
    assert_eq!(place.send(&request(&ours, PATH, "evt_4", payload.as_bytes())), 202);
    eventually("both are settled", || {
        place.pending() == Some(0.0) && application.seen().len() == 2
    });
    let metrics = place.metrics();
    let listed = place.run(&["events", "list"]).stdout;
    let shown = place.run(&["events", "show", "1", "--payload"]).stdout;
    assert_eq!(shown, payload.as_bytes());
    let log = gateway.end();
    assert!(log.contains("\"outcome\":\"accepted\""), "{log}");

    fs::remove_file(place.config()).unwrap();
    let store = stored();
    let listed = String::from_utf8(listed).unwrap();
    for secret in [CANARY, &SECRET[6..], &OTHER_SECRET[6..], &KEY[6..], &STORAGE_KEY[6..]] {
        for (name, text) in [("log", &log), ("metrics", &metrics), ("list", &listed)] {
            assert!(!text.contains(secret), "{secret} is in the {name}");
        }
        let found = store.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!found, "{secret} is in the store");
    }
    for id in ["evt_1", "evt_2", "evt_4"] {
        assert!(!log.contains(id), "{id} is in the log");
    }
}

#[test]
fn what_a_source_has_left_behind_is_told_and_can_be_deleted() {
    let (place, application) = (Place::new("forget"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let sender = sender(SECRET, None);
    assert_eq!(place.send(&request(&sender, PATH, "evt_1", b"{}")), 202);
    eventually("it is delivered", || place.pending() == Some(0.0));
    let refused = place.run(&["events", "forget", "orders"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is in the configuration"));
    let config = fs::read_to_string(place.config()).unwrap();
    fs::write(place.config(), config.replace("name = \"orders\"", "name = \"renamed\"")).unwrap();
    let told = "source orders has events and is not in the configuration";
    let warnings = || place.json(&["check"])["warnings"].to_string();
    assert!(warnings().contains(told), "{}", warnings());
    gateway.signal("HUP");
    eventually("it is told", || gateway.log().contains(told));
    let forgotten = place.json(&["events", "forget", "orders"]);
    assert_eq!(forgotten["events"], 1);
    assert!(!warnings().contains(told), "{}", warnings());
    assert_eq!(place.json(&["events", "list"])["events"].as_array().unwrap().len(), 0);
    fs::write(place.config(), config).unwrap();
    gateway.signal("HUP");
    eventually("the source is back", || gateway.log().matches("was read again").count() >= 2);
    assert_eq!(place.send(&request(&sender, PATH, "evt_1", b"{}")), 202, "it is no repeat");
    gateway.end();
}

#[test]
fn events_are_looked_at_where_they_are_and_without_the_keys_of_sources() {
    let (place, application) = (Place::new("looking"), Application::start());
    place.configure("", &application.url(), "public_keys = [\"env:NOT_SET_ANYWHERE\"]");
    let listed = place.run(&["events", "list"]);
    assert_eq!(listed.status.code(), Some(2));
    let errors = String::from_utf8(listed.stderr).unwrap();
    assert!(errors.contains("there is no store at /"), "{errors}");
    assert!(!place.folder.join("events.db").exists());
    place.configure("", &application.url(), "");
    place.start().end();
    place.configure("", &application.url(), "public_keys = [\"env:NOT_SET_ANYWHERE\"]");
    assert!(place.run(&["events", "list"]).status.success());
}

#[test]
fn a_second_gateway_on_one_file_is_refused_and_commands_are_not() {
    let (place, application) = (Place::new("second"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let other = Place::new("second-other");
    let config = fs::read_to_string(place.config()).unwrap();
    let config = config.replace(&place.listen.to_string(), &other.listen.to_string());
    other.write(&config.replace(&place.admin.to_string(), &other.admin.to_string()));
    let refused = other.run(&["serve"]);
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success(), "{errors}");
    assert!(errors.contains("another gateway has the store"), "{errors}");
    assert!(other.run(&["events", "list"]).status.success());
    gateway.kill();
    other.start().end();
}

#[test]
fn a_rotation_needs_no_restart() {
    let (place, application) = (Place::new("rotation"), Application::start());
    let file = place.folder.join("secret");
    fs::write(&file, SECRET).unwrap();
    place.write(&format!(
        "listen = \"{}\"\nadmin_listen = \"{}\"\nstore = \"sqlite:{}\"\n\
         unsigned_deliveries = true\n\
         [[source]]\nname = \"orders\"\npath = \"{PATH}\"\nsecrets = [\"file:{}\"]\n\
         deliver_to = \"{}\"\n",
        place.listen,
        place.admin,
        place.folder.join("events.db").display(),
        file.display(),
        application.url(),
    ));
    let gateway = place.start();
    let (old, new) = (sender(SECRET, None), sender(OTHER_SECRET, None));
    assert_eq!(place.send(&request(&old, PATH, "evt_1", b"{}")), 202);
    assert_eq!(place.send(&request(&new, PATH, "evt_2", b"{}")), 401);

    fs::write(&file, "no secret at all, ").unwrap();
    gateway.signal("HUP");
    eventually("the bad one is refused", || place.metric("postseal_failed_reloads_total") >= 1.0);
    assert_eq!(place.send(&request(&old, PATH, "evt_3", b"{}")), 202);

    fs::write(&file, OTHER_SECRET).unwrap();
    eventually("the new secret holds", || place.send(&request(&new, PATH, "evt_4", b"{}")) != 401);
    assert_eq!(place.send(&request(&old, PATH, "evt_5", b"{}")), 401);
    eventually("events of before and after are delivered", || application.seen().len() == 3);
    gateway.end();
    let needed = place.start();
    let secret = "postseal_secret_last_needed_seconds{source=\"orders\",secret=\"secret-1\"}";
    assert!(place.metric(secret) > 1e9);
    drop(needed);
}

#[test]
fn a_change_right_after_a_reload_is_not_missed() {
    let (place, application) = (Place::new("changes"), Application::start());
    place.configure("", &application.url(), "");
    let gateway = place.start();
    let config = fs::read_to_string(place.config()).unwrap();
    for (number, pause_ms) in [0, 1, 3, 10, 30].into_iter().enumerate() {
        let path = format!("/hooks/{number}");
        gateway.signal("HUP");
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        place.write(&config.replace(PATH, &path));
        let request = request(&sender(SECRET, None), &path, &format!("evt_{number}"), b"{}");
        eventually("the change holds", || place.send(&request) != 404);
    }
}

#[test]
fn where_the_stores_file_is_taken_away_nothing_more_is_accepted() {
    let (place, application) = (Place::new("removed"), Application::start());
    place.configure("", &application.url(), "");
    let _gateway = place.start();
    let sender = sender(SECRET, None);
    assert_eq!(place.send(&request(&sender, PATH, "evt_1", b"{}")), 202);
    fs::rename(place.folder.join("events.db"), place.folder.join("elsewhere.db")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(place.send(&request(&sender, PATH, "evt_2", b"{}")), 503);
    let ready = exchange(place.admin, b"GET /readyz HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(ready.status, 503);
}

#[test]
fn an_admin_port_with_a_token_gives_numbers_to_its_bearer_alone() {
    let (place, application) = (Place::new("token"), Application::start());
    place.configure("admin_token = \"a-token-of-some-length\"", &application.url(), "");
    let _gateway = place.start();
    let get = |path: &str, header: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{header}\r\n");
        exchange(place.admin, request.as_bytes()).status
    };
    assert_eq!(get("/healthz", ""), 200);
    assert_eq!(get("/metrics", ""), 401);
    assert_eq!(get("/metrics", "authorization: Bearer a-token-of-some-lengtH\r\n"), 401);
    assert_eq!(get("/metrics", "authorization: Bearer a-token-of-some-length\r\n"), 200);
    assert_eq!(get("/elsewhere", ""), 404);
}

#[test]
fn refusals_over_the_threshold_are_a_signed_alert() {
    let (place, application) = (Place::new("alert"), Application::start());
    let alerts = Application::start();
    place.configure("", &application.url(), "");
    let config = fs::read_to_string(place.config()).unwrap();
    let url = alerts.url();
    place.write(&format!(
        "{config}[alerts]\nurl = \"{url}\"\nsecrets = [\"{OTHER_SECRET}\"]\nrefusals = 3\n"
    ));
    let _gateway = place.start();
    let forged = sender(OTHER_SECRET, None);
    for number in 0..20 {
        assert_eq!(place.send(&request(&forged, PATH, &format!("evt_{number}"), b"{}")), 401);
    }
    eventually("an alert", || alerts.seen().len() == 1);
    let alert = alerts.seen().remove(0);
    let payload: serde_json::Value = serde_json::from_slice(&alert.body).unwrap();
    assert_eq!(payload["type"], "postseal.alert.refusals");
    assert_eq!(payload["data"]["source"], "orders");
    assert_eq!(payload["data"]["count"], 4);
    assert!(alert.headers["webhook-signature"].starts_with("v1,"));
    assert_eq!(place.metric("postseal_alerts_total{kind=\"refusals\"}"), 1.0);
}
