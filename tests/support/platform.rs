//! The five platforms' token servers on loopback, with a memory of their own. A refresh token is dead as
//! soon as it was used. It answers as it is told.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub enum Act {
    /// As the platform would.
    Work,
    /// This, and nothing is done.
    Say(u16, String),
    /// What was asked is done, and this is said.
    WorkAndSay(u16, String),
    /// What was asked is done, and these fields of the answer are others; null: left out.
    WorkWith(Json),
    /// What was asked is done, and the connection ends without an answer.
    WorkAndHangUp,
    HangUp,
    /// Not before [`Platforms::let_go`].
    Held(Box<Act>),
}

impl Act {
    pub fn held(self) -> Self {
        Self::Held(Box::new(self))
    }
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub channel: String,
    /// `token` or `refresh`.
    pub endpoint: String,
    pub content_type: String,
    /// From the query, the form or the JSON.
    pub params: HashMap<String, String>,
    /// The shop whose code or refresh token it is; empty for a dead or unknown one.
    pub shop: String,
    stream: Arc<TcpStream>,
}

impl Asked {
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Whoever asked is not there any more: killed, say.
    pub fn has_left(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let left = matches!(self.stream.peek(&mut [0]), Ok(0));
        self.stream.set_nonblocking(false).unwrap();
        left
    }

    fn renews(&self) -> bool {
        self.param("grant_type") == "refresh_token"
    }
}

type Rule = Arc<dyn Fn(usize, &Asked) -> Act + Send + Sync>;

struct State {
    rule: Rule,
    asked: Vec<Asked>,
    /// Codes and living refresh tokens, and their shops.
    good: HashMap<String, String>,
    /// Each shop's tokens: access, refresh.
    tokens: HashMap<String, (String, String)>,
    number: usize,
    in_flight: HashMap<String, usize>,
    most_of_one: usize,
    holding: bool,
    held: usize,
}

pub struct Platforms {
    pub url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

/// Keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);
pub const LIFE: i64 = 86_400;

impl Platforms {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            rule: Arc::new(|_, _| Act::Work),
            asked: Vec::new(),
            good: HashMap::new(),
            tokens: HashMap::new(),
            number: 0,
            in_flight: HashMap::new(),
            most_of_one: 0,
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

    /// `rule` gets the number of the request (0 is the first) and the request; of several at once.
    pub fn rule(&self, rule: impl Fn(usize, &Asked) -> Act + Send + Sync + 'static) {
        self.lock().rule = Arc::new(rule);
    }

    /// A code that a shop's owner agreed to.
    pub fn code(&self, shop: &str) -> String {
        let mut state = self.lock();
        state.number += 1;
        let code = format!("code-{}-{shop}", state.number);
        state.good.insert(code.clone(), shop.to_owned());
        code
    }

    /// Tokens of a shop that was bound before: access, refresh.
    pub fn tokens(&self, shop: &str) -> (String, String) {
        let mut state = self.lock();
        state.grant(shop)
    }

    /// The tokens that a shop has now.
    pub fn current(&self, shop: &str) -> (String, String) {
        self.lock().tokens[shop].clone()
    }

    /// The shop's owner takes everything back.
    pub fn revoke(&self, shop: &str) {
        self.lock().good.retain(|_, owner| owner != shop);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// The most requests of one shop at one time.
    pub fn most_of_one(&self) -> usize {
        self.lock().most_of_one
    }

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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }
}

impl State {
    /// New tokens; the old ones are dead.
    fn grant(&mut self, shop: &str) -> (String, String) {
        self.number += 1;
        // As long as real ones, and made so that a copy of one is found anywhere.
        let access = format!("CANARY-access-{}-{}", self.number, "a".repeat(40));
        let refresh = format!("CANARY-refresh-{}-{}", self.number, "r".repeat(40));
        self.good.retain(|token, owner| owner != shop || token.starts_with("code-"));
        self.good.insert(refresh.clone(), shop.to_owned());
        let both = (access, refresh);
        self.tokens.insert(shop.to_owned(), both.clone());
        both
    }

    fn work(&mut self, asked: &Asked) -> Json {
        let presented = if asked.renews() { "refresh_token" } else { "code" };
        let Some(shop) = self.good.remove(asked.param(presented)) else {
            return refusal(asked);
        };
        let (access, refresh) = self.grant(&shop);
        let mut answer = json!({
            "access_token": access, "refresh_token": refresh, "expires_in": LIFE,
        });
        let more = match asked.channel.as_str() {
            "jd" => json!({"code": 0, "open_id": shop, "scope": "snsapi_base", "time": 1}),
            "taobao" => json!({
                "taobao_user_id": shop, "taobao_user_nick": "%E5%BA%97%E9%93%BA", "re_expires_in": 30 * LIFE,
            }),
            "pdd" => json!({"owner_id": shop, "owner_name": "店铺", "scope": ["x"]}),
            "tiktok" => json!({"open_id": shop, "refresh_expires_in": 30 * LIFE, "error_code": 0}),
            _ => json!({"token_type": "bearer"}),
        };
        merge(&mut answer, &more);
        wrapped(asked, answer)
    }
}

fn wrapped(asked: &Asked, facts: Json) -> Json {
    match asked.channel.as_str() {
        "tiktok" => json!({"data": facts, "message": "success"}),
        _ => facts,
    }
}

fn merge(object: &mut Json, more: &Json) {
    let object = object.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Json::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
}

/// "What you presented is no good", in the platform's own way.
pub fn refusal(asked: &Asked) -> Json {
    match asked.channel.as_str() {
        "jd" => json!({"code": 408, "msg": "refresh_token无效或已过期"}),
        "pdd" => {
            json!({"error_response": {"error_code": 10019, "error_msg": "refresh_token已过期"}})
        }
        "tiktok" => {
            json!({"data": {"error_code": 10010, "description": "过期"}, "message": "error"})
        }
        _ => json!({"error": "invalid_grant", "error_description": "no good"}),
    }
}

fn serve(stream: TcpStream, shared: &(Mutex<State>, Condvar)) {
    let (state, changed) = shared;
    let stream = Arc::new(stream);
    let Some(mut asked) = read(&stream) else { return };
    let mut guard = state.lock().unwrap();
    let presented = if asked.renews() { "refresh_token" } else { "code" };
    asked.shop = guard.good.get(asked.param(presented)).cloned().unwrap_or_default();
    let (number, rule) = (guard.asked.len(), Arc::clone(&guard.rule));
    guard.asked.push(asked.clone());
    let now = guard.in_flight.entry(asked.shop.clone()).or_default();
    *now += 1;
    if !asked.shop.is_empty() {
        guard.most_of_one = guard.most_of_one.max(guard.in_flight[&asked.shop]);
    }
    drop(guard);
    let act = rule(number, &asked);
    let mut guard = state.lock().unwrap();
    let act = match act {
        Act::Held(act) => {
            guard.held += 1;
            changed.notify_all();
            let until = Instant::now() + PATIENCE;
            while guard.holding && Instant::now() < until {
                let left = until.saturating_duration_since(Instant::now());
                guard = changed.wait_timeout(guard, left).unwrap().0;
            }
            *act
        }
        act => act,
    };
    let answer = match act {
        Act::Work => Some((200, guard.work(&asked).to_string())),
        Act::Say(status, body) => Some((status, body)),
        Act::WorkAndSay(status, body) => {
            guard.work(&asked);
            Some((status, body))
        }
        Act::WorkWith(fields) => {
            let mut answer = guard.work(&asked);
            match answer.get_mut("data") {
                Some(data) => merge(data, &fields),
                None => merge(&mut answer, &fields),
            }
            Some((200, answer.to_string()))
        }
        Act::WorkAndHangUp => {
            guard.work(&asked);
            None
        }
        Act::HangUp | Act::Held(_) => None,
    };
    *guard.in_flight.get_mut(&asked.shop).unwrap() -= 1;
    drop(guard);
    if let Some((status, body)) = answer {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
        let answer = format!("{head}Content-Type: text/html\r\nConnection: close\r\n\r\n{body}");
        // The client may have gone.
        let _ = (&*stream).write_all(answer.as_bytes());
    }
    let _ = stream.shutdown(Shutdown::Both);
}

fn read(stream: &Arc<TcpStream>) -> Option<Asked> {
    let mut reader = BufReader::new(&**stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let content_type = headers.remove("content-type").unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let form = |text: &[u8]| -> HashMap<String, String> {
        form_urlencoded::parse(text).into_owned().collect()
    };
    let mut params = form(query.as_bytes());
    if content_type == "application/json" {
        let object: Json = serde_json::from_slice(&body).ok()?;
        params.extend(
            object.as_object()?.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())),
        );
    } else {
        params.extend(form(&body));
    }
    let mut parts = path.trim_matches('/').split('/');
    Some(Asked {
        method,
        channel: parts.next()?.to_owned(),
        endpoint: parts.next()?.to_owned(),
        content_type,
        params,
        shop: String::new(),
        stream: Arc::clone(stream),
    })
}
