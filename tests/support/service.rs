//! A provisioning service on loopback that answers as it is told and counts what it is asked.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

/// What comes back.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status and body.
    Text(u16, String),
    /// The connection ends without an answer.
    Nothing,
    /// Nothing until [`Service::let_go`], then the reply inside.
    Held(Box<Reply>),
    /// The reply inside, after so long.
    Late(Duration, Box<Reply>),
}

impl Reply {
    pub fn json(status: u16, body: &Json) -> Self {
        Self::Text(status, body.to_string())
    }

    pub fn refused() -> Self {
        Self::json(500, &json!({"error": "chatwoot said no"}))
    }

    pub fn held(self) -> Self {
        Self::Held(Box::new(self))
    }

    pub fn late(self, by: Duration) -> Self {
        Self::Late(by, Box::new(self))
    }

    /// Whether what was asked for was done: a broken connection says nothing against it.
    fn has_effect(&self) -> bool {
        matches!(self, Self::Nothing | Self::Text(200, _))
    }
}

/// What a tenant's resources look like.
pub fn made(inbox_id: i32) -> Reply {
    Reply::json(
        200,
        &json!({
            "inbox_id": inbox_id, "inbox_token": format!("token-{inbox_id}"), "inbox_name": "Acme",
            "team_id": 5, "team_name": "t", "agent_id": "agent-9", "agent_cw_id": 11,
            "agent_cw_password": "cw-password", "agent_dir": "/x",
            "embed_code": format!("<script src=\"/sdk.js?{inbox_id}\"></script>"),
            "ws_agent_updated": true,
        }),
    )
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub idempotency_key: String,
    pub api_key: String,
    pub body: Json,
}

impl Asked {
    /// Whom it is about: calls of one tenant have the same domain or inbox.
    fn subject(&self) -> String {
        let text = |name: &str| self.body.get(name).filter(|v| !v.is_null()).map(Json::to_string);
        text("inbox_id").or_else(|| text("domain")).unwrap_or_default()
    }
}

type Rule = Box<dyn Fn(usize, &Asked) -> Reply + Send>;

struct State {
    rule: Rule,
    asked: Vec<Asked>,
    effects: Vec<Asked>,
    in_flight: HashMap<String, usize>,
    most_of_one: usize,
    most_of_all: usize,
    holding: bool,
    held: usize,
}

pub struct Service {
    pub url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

/// Keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

impl Service {
    /// `rule` gets the number of the request (0 is the first) and the request.
    pub fn start(rule: impl Fn(usize, &Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            rule: Box::new(rule),
            asked: Vec::new(),
            effects: Vec::new(),
            in_flight: HashMap::new(),
            most_of_one: 0,
            most_of_all: 0,
            holding: true,
            held: 0,
        };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { url, state }
    }

    /// Makes what it is asked for, numbered from 100 on.
    pub fn willing() -> Self {
        Self::start(|number, asked| match asked.path.as_str() {
            "/provision" => made(100 + i32::try_from(number).unwrap()),
            _ => switched(),
        })
    }

    /// An address where nobody listens.
    pub fn absent() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub fn rule(&self, rule: impl Fn(usize, &Asked) -> Reply + Send + 'static) {
        self.lock().rule = Box::new(rule);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// What was done, in that order. A request takes effect just before it is answered.
    pub fn effects(&self) -> Vec<Asked> {
        self.lock().effects.clone()
    }

    /// Waits until so many requests are held back.
    pub fn wait_for_held(&self, requests: usize) {
        let (state, changed) = &*self.state;
        let until = Instant::now() + PATIENCE;
        let mut state = state.lock().unwrap();
        while state.held < requests {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {requests} requests came", state.held);
            state = changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Lets those go that are held back, and holds nothing back any more.
    pub fn let_go(&self) {
        self.lock().holding = false;
        self.state.1.notify_all();
    }

    /// The most requests at one time: about one tenant, and over all.
    pub fn most_in_flight(&self) -> (usize, usize) {
        let state = self.lock();
        (state.most_of_one, state.most_of_all)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }
}

pub fn switched() -> Reply {
    Reply::json(200, &json!({"success": true, "message": "ok"}))
}

fn serve(stream: TcpStream, shared: &(Mutex<State>, Condvar)) {
    let (state, changed) = shared;
    let Some(asked) = read(&stream) else { return };
    let subject = asked.subject();
    let mut guard = state.lock().unwrap();
    let reply = (guard.rule)(guard.asked.len(), &asked);
    guard.asked.push(asked.clone());
    let now = guard.in_flight.entry(subject.clone()).or_default();
    *now += 1;
    guard.most_of_one = guard.most_of_one.max(guard.in_flight[&subject]);
    guard.most_of_all = guard.most_of_all.max(guard.in_flight.values().sum());
    let reply = match reply {
        Reply::Held(reply) => {
            guard.held += 1;
            changed.notify_all();
            let until = Instant::now() + PATIENCE;
            while guard.holding && Instant::now() < until {
                let left = until.saturating_duration_since(Instant::now());
                guard = changed.wait_timeout(guard, left).unwrap().0;
            }
            *reply
        }
        Reply::Late(by, reply) => {
            drop(guard);
            thread::sleep(by);
            guard = state.lock().unwrap();
            *reply
        }
        reply => reply,
    };
    if reply.has_effect() {
        guard.effects.push(asked);
    }
    // Done before the answer leaves: whoever has read it may come again at once.
    *guard.in_flight.get_mut(&subject).unwrap() -= 1;
    drop(guard);
    if let Reply::Text(status, body) = reply {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
        let answer =
            format!("{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{body}");
        // The client may have gone.
        let _ = (&stream).write_all(answer.as_bytes());
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut header = |name: &str| headers.remove(name).unwrap_or_default();
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        path,
        idempotency_key: header("idempotency-key"),
        api_key: header("x-api-key"),
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
    })
}
