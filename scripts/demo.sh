#!/usr/bin/env bash
# Everything for a look at ChatHub on this machine: installs, builds, starts, and says what to try.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -f $HOME/.cargo/env ]] && . "$HOME/.cargo/env"

scripts/deps.sh demo
scripts/extension.sh
scripts/services.py up demo --keep --workers 4 --lang-switch
scripts/services.py worker demo
url=$(scripts/services.py env demo | sed -n 's/^  "base_url": "\(.*\)",*$/\1/p')
scan=$(scripts/services.py env demo | sed -n 's/^    "wechat_scan": "\(.*\)",*$/\1/p')

cat <<TEXT

ChatHub is running:  $url/addons/chathub/index/landing

  1. Choose a plan and register a company, say "Acme" with the domain acme.example.
     The sandbox provisions it; the page shows the embed code and the initial password.
  2. Sign in at $url/addons/chathub/index/login
     and open the member centre: tenant, plan, expiry, embed code.
  3. Renew, choose 支付宝, and pay in the sandbox cashier: no real money, no foreign host.
     Back in the member centre the expiry is 30 days later and the order is in the history.
  4. Renew again, choose 微信支付, and leave the page with the code open. In another window,
     $scan plays the phone: press the code, pay, and watch the page move on.
  5. In the member centre, choose 店铺渠道 and authorise a shop: the sandbox plays the five platforms.
  6. English pages: add ?lang=en to an address.

A background worker runs as well (php think chathub work); what it does is in var/demo/log/worker1.log.
Logs and settings: var/demo/log, var/demo/env.json.     Stop with: make demo-down
TEXT
