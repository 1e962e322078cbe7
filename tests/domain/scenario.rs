//! Random histories of a tenant with two orders, step by step against the model, and what must hold
//! whatever the model says.

use std::collections::{HashMap, HashSet};

use chathub_core::domain::{
    Effect, Fen, JobKind, Order, OrderStatus, SuspendReason, Tenant, TenantEvent, TenantStatus,
    order::{TradeId, wechat_charge},
};

use crate::{
    clock::{seconds, wall_clock},
    model::{DAY, ORDER_WAYS, OrderModel, PERIOD, TENANT_WAYS, TenantModel, TenantWord, Trade},
    random::Random,
};

const HISTORIES: u64 = 120_000;
const CHARGED: [u32; 2] = [5000, 7000];
/// The second order may be begun at WeChat Pay in test mode.
const TEST_CHARGE: u32 = 1;
/// Each order's own trades; both providers may use one number.
const TRADES: [[Trade; 4]; 2] = [
    [("alipay", "A1"), ("alipay", "A2"), ("wechat", "A1"), ("wechat", "W9")],
    [("alipay", "B1"), ("alipay", "B2"), ("wechat", "B1"), ("wechat", "W8")],
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Pay {
        order: usize,
        trade: Trade,
        amount: u32,
    },
    Refund {
        order: usize,
        trade: Trade,
        full: bool,
    },
    Close {
        order: usize,
    },
    /// The second order's QR code is asked for.
    BeginWechat {
        test_mode: bool,
    },
    Tenant(TenantWord),
    /// The clock goes on.
    Wait(i64),
}

struct World {
    now: i64,
    orders: [Order; 2],
    tenant: Tenant,
    order_models: [OrderModel; 2],
    tenant_model: TenantModel,
    gone_back: HashSet<Trade>,
    credited: HashMap<Trade, usize>,
}

/// Prints the history that a failed assertion leaves behind.
struct History {
    seed: u64,
    steps: Vec<Step>,
}

impl Drop for History {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("history {}: {:#?}", self.seed, self.steps);
        }
    }
}

#[test]
fn random_histories_follow_the_model() {
    let mut credits = 0;
    let mut effects = HashMap::new();
    for seed in 0..HISTORIES {
        let mut random = Random::new(seed);
        let mut history = History { seed, steps: Vec::with_capacity(24) };
        let mut world = World::new(&mut random);
        for _ in 0..4 + random.below(20) {
            let step = step(&mut random);
            history.steps.push(step);
            for effect in world.go(step) {
                *effects.entry(effect).or_insert(0_u32) += 1;
            }
        }
        credits += world.credited.len();
    }
    // The histories are worth something only if everything happens often.
    assert!(credits > 100_000, "{credits} payments credited");
    for effect in ["provision", "suspend", "activate", "flag"] {
        assert!(effects.get(effect).is_some_and(|n| *n > 10_000), "{effects:?}");
    }
}

fn step(random: &mut Random) -> Step {
    let order = usize::try_from(random.below(2)).unwrap();
    let trade = *random.pick(&TRADES[order]);
    match random.below(20) {
        0..=5 => {
            let charged = CHARGED[order];
            let amounts = [charged, charged, charged, TEST_CHARGE, charged - 1, charged + 1, 0];
            Step::Pay { order, trade, amount: *random.pick(&amounts) }
        }
        6..=7 => Step::Refund { order, trade, full: random.chance(2, 3) },
        8 if random.chance(1, 2) => Step::BeginWechat { test_mode: random.chance(1, 2) },
        8 => Step::Close { order },
        9..=11 => Step::Wait(i64::try_from(random.below(50)).unwrap() * DAY + 12_345),
        _ => Step::Tenant(*random.pick(&[
            TenantWord::Requested,
            TenantWord::Started,
            TenantWord::Started,
            TenantWord::Provisioned,
            TenantWord::Provisioned,
            TenantWord::Refused,
            TenantWord::Expired,
            TenantWord::Expired,
            TenantWord::AdminSuspended,
            TenantWord::AdminActivated,
            TenantWord::AdminDisabled,
        ])),
    }
}

impl World {
    fn new(random: &mut Random) -> Self {
        let now = 1_700_000_000 + i64::try_from(random.below(40_000)).unwrap() * 3600;
        let (status, reason, provisioned) = *random.pick(&[
            ("pending", None, false),
            ("pending", None, false),
            ("provisioning", None, false),
            ("active", None, true),
            ("suspended", Some("expired"), true),
            // As the old addon left them behind.
            ("suspended", None, true),
            ("active", None, false),
            ("disabled", None, true),
        ]);
        let near = i64::try_from(random.below(80)).unwrap() - 40;
        let expire_at = random.chance(4, 5).then_some(now + near * DAY);
        let order_models = CHARGED.map(|charged| OrderModel {
            status: "pending",
            charged,
            by_wechat: None,
            trade: None,
            late: false,
        });
        Self {
            now,
            orders: CHARGED.map(|charged| Order {
                status: OrderStatus::Pending,
                amount: Fen::new(charged),
                wechat_charge: None,
                trade: None,
                late: false,
            }),
            tenant: Tenant {
                status: TenantStatus::parse(status).unwrap(),
                suspend_reason: reason.and_then(SuspendReason::parse),
                provisioned,
                expire_at: expire_at.map(wall_clock),
            },
            order_models,
            tenant_model: TenantModel { status, reason, provisioned, expire_at },
            gone_back: HashSet::new(),
            credited: HashMap::new(),
        }
    }

    fn go(&mut self, step: Step) -> Vec<&'static str> {
        let before = (self.orders.clone(), self.tenant);
        let effects = match step {
            Step::Wait(seconds) => {
                self.now += seconds;
                vec![]
            }
            Step::Pay { order, trade, amount } => self.pay(order, trade, amount),
            Step::Refund { order, trade, full } => {
                self.order_models[order].refund(trade, full);
                (self.orders[order], _) = self.orders[order].refund(&id(trade), full);
                if full {
                    self.gone_back.insert(trade);
                }
                vec![]
            }
            Step::Close { order } => {
                self.order_models[order].close();
                self.orders[order] = self.orders[order].close();
                vec![]
            }
            Step::BeginWechat { test_mode } => {
                self.begin_wechat(test_mode);
                vec![]
            }
            Step::Tenant(word) => self.tenant_event(word),
        };
        self.agrees_with_the_model();
        self.keeps_the_rules(&before, step, &effects);
        effects
    }

    fn pay(&mut self, order: usize, trade: Trade, amount: u32) -> Vec<&'static str> {
        let gone_back = self.gone_back.contains(&trade);
        let (next, outcome) = self.orders[order].pay(&id(trade), Fen::new(amount), gone_back);
        let expected = self.order_models[order].pay(trade, amount, gone_back);
        assert_eq!(outcome.code(), expected);
        self.orders[order] = next;
        if !outcome.code().starts_with("credited") {
            return vec![];
        }
        // Whatever the order says: this money counts now, and it may count once.
        assert!(!gone_back, "money that went back was credited");
        let by_wechat = self.order_models[order].by_wechat.filter(|_| trade.0 == "wechat");
        assert_eq!(amount, by_wechat.unwrap_or(CHARGED[order]), "another sum was credited");
        assert_eq!(self.credited.insert(trade, order), None, "counted twice");
        self.tenant_event(TenantWord::Paid)
    }

    /// The first charge stays: its code can still be paid.
    fn begin_wechat(&mut self, test_mode: bool) {
        let charge = if test_mode { TEST_CHARGE } else { CHARGED[1] };
        assert_eq!(wechat_charge(Fen::new(CHARGED[1]), test_mode), Fen::new(charge));
        let first = *self.order_models[1].by_wechat.get_or_insert(charge);
        match self.orders[1].begin_wechat(Fen::new(charge)) {
            Some(begun) => {
                assert_eq!(first, charge, "an order has two charges");
                assert_eq!(begun.is_test(), test_mode);
                self.orders[1] = begun;
            }
            None => assert_ne!(first, charge, "the same charge was refused"),
        }
    }

    fn tenant_event(&mut self, word: TenantWord) -> Vec<&'static str> {
        let now = wall_clock(self.now);
        let event = match word {
            TenantWord::Paid => TenantEvent::Paid { now },
            TenantWord::Requested => TenantEvent::ProvisionRequested,
            TenantWord::Started => TenantEvent::AttemptStarted,
            TenantWord::Provisioned => TenantEvent::Provisioned,
            TenantWord::Refused => TenantEvent::Refused,
            TenantWord::Expired => TenantEvent::Expired,
            TenantWord::AdminSuspended => TenantEvent::AdminSuspended,
            TenantWord::AdminActivated => TenantEvent::AdminActivated,
            TenantWord::AdminDisabled => TenantEvent::AdminDisabled,
        };
        let expected = self.tenant_model.happens(word, self.now);
        let Ok((next, effects)) = self.tenant.apply(event) else {
            assert_eq!(expected, None, "refused {word:?} of {:?}", self.tenant);
            return vec![];
        };
        self.tenant = next;
        let effects: Vec<_> = effects.into_iter().map(word_of).collect();
        assert_eq!(Some(&effects), expected.as_ref(), "{word:?}");
        effects
    }

    fn agrees_with_the_model(&self) {
        for (order, model) in self.orders.iter().zip(&self.order_models) {
            let trade = order.trade.as_ref().map(|t| (t.provider.as_str(), t.trade_no.as_str()));
            let seen = (order.status.code(), order.amount.get(), trade, order.late);
            assert_eq!(seen, (model.status, model.charged, model.trade, model.late));
            assert_eq!(order.wechat_charge.map(Fen::get), model.by_wechat);
        }
        let (tenant, model) = (&self.tenant, &self.tenant_model);
        assert_eq!(tenant.status.code(), model.status);
        assert_eq!(tenant.suspend_reason.map(SuspendReason::code), model.reason);
        assert_eq!(tenant.provisioned, model.provisioned);
        assert_eq!(tenant.expire_at, model.expire_at.map(wall_clock));
    }

    /// Holds without the model.
    fn keeps_the_rules(&self, before: &([Order; 2], Tenant), step: Step, effects: &[&str]) {
        for (old, new) in before.0.iter().zip(&self.orders) {
            let way = (old.status.code(), new.status.code());
            assert!(way.0 == way.1 || ORDER_WAYS.contains(&way), "order {way:?}");
            assert!(old.trade.is_none() || old.trade == new.trade, "the credited trade changed");
        }
        let (old, new) = (&before.1, &self.tenant);
        let paid = old.expire_at != new.expire_at;
        if paid {
            let now = wall_clock(self.now);
            let from = old.expire_at.map_or(now, |end| end.max(now));
            assert_eq!(seconds(new.expire_at.unwrap()) - seconds(from), PERIOD);
            assert!(matches!(step, Step::Pay { .. }), "{step:?} moved the end of service");
        }
        let word = match step {
            Step::Tenant(word) => Some(word),
            _ if paid => Some(TenantWord::Paid),
            _ => None,
        };
        let (from, to) = (old.status.code(), new.status.code());
        let allowed = TENANT_WAYS.iter().any(|(f, t, causes)| {
            (*f, *t) == (from, to) && word.is_some_and(|w| causes.contains(&w))
        });
        assert!(from == to || allowed, "tenant {from} -> {to} by {step:?}");
        assert!(new.provisioned || !old.provisioned, "the resources vanished");
        assert!(!(new.provisioned && effects.contains(&"provision")), "provisioned twice");
        assert!(new.status == TenantStatus::Suspended || new.suspend_reason.is_none());
        self.keeps_switched_off(old, word, effects);
    }

    fn keeps_switched_off(&self, old: &Tenant, word: Option<TenantWord>, effects: &[&str]) {
        let off = matches!(old.status, TenantStatus::Suspended | TenantStatus::Disabled);
        let by_expiry = old.status == TenantStatus::Suspended
            && old.suspend_reason == Some(SuspendReason::Expired);
        let paid = word == Some(TenantWord::Paid);
        assert_eq!(effects.contains(&"flag"), paid && off && !by_expiry, "flagged");
        if off && !by_expiry && word != Some(TenantWord::AdminActivated) {
            assert!(self.tenant_model.switched_off(), "came back by {word:?}");
            assert!(!effects.contains(&"activate") && !effects.contains(&"provision"));
        }
    }
}

fn id((provider, trade_no): Trade) -> TradeId {
    TradeId { provider: provider.into(), trade_no: trade_no.into() }
}

fn word_of(effect: Effect) -> &'static str {
    match effect {
        Effect::Enqueue(JobKind::Provision) => "provision",
        Effect::Enqueue(JobKind::Suspend) => "suspend",
        Effect::Enqueue(JobKind::Activate) => "activate",
        Effect::FlagPayment => "flag",
    }
}
