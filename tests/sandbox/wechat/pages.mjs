import { html } from '../http/html.mjs';

const STYLE = html`
  :root { color-scheme: light dark; --accent: #07893f; --ground: #ededed; --card: #fff; --text: #1a1a1a; --soft: #5c5f62; --line: #e5e5e5; }
  @media (prefers-color-scheme: dark) {
    :root { --accent: #0b8f45; --ground: #111; --card: #1e1e1e; --text: #eee; --soft: #a6a8ab; --line: #333; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
  .phone { max-width: 400px; min-height: 100vh; margin: 0 auto; padding: 16px; }
  header { display: flex; justify-content: space-between; align-items: baseline; padding: 8px 0 24px; }
  h1 { margin: 0; font-size: 20px; }
  .tag { padding: 0 8px; border: 1px solid var(--line); border-radius: 4px; color: var(--soft); font-size: 14px; }
  .payee { margin: 24px 0 0; text-align: center; color: var(--soft); }
  .amount { margin: 0 0 24px; text-align: center; font-size: 44px; font-weight: 600; line-height: 1.3; }
  section, form.order { padding: 24px; margin-bottom: 16px; border-radius: 12px; background: var(--card); }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; margin: 0 0 24px; }
  dt { color: var(--soft); }
  dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
  button { width: 100%; min-height: 48px; border: 0; border-radius: 8px; background: var(--accent); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
  label { display: block; margin-bottom: 8px; font-weight: 600; }
  input { width: 100%; min-height: 48px; margin-bottom: 16px; padding: 8px 12px; border: 1px solid var(--soft); border-radius: 8px; background: transparent; color: inherit; font: inherit; }
  ul { margin: 0; padding: 0; list-style: none; }
  li a { display: flex; justify-content: space-between; gap: 16px; padding: 12px 0; border-top: 1px solid var(--line); color: inherit; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .note { color: var(--soft); font-size: 14px; text-align: center; }
`;

export const yuan = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
const scanUrl = (codeUrl) => `/wechat/scan?${new URLSearchParams({ code_url: codeUrl })}`;

function layout(title, content) {
  return html`<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · 沙箱</title>
<style>${STYLE}</style>
</head>
<body>
<main class="phone">
<header><h1>${title}</h1><span class="tag">模拟手机微信</span></header>
${content}
<p class="note">这里不会扣除真实的款项。</p>
</main>
</body>
</html>
`.toString();
}

/** Instead of a camera: the codes that wait to be scanned, and a field for the text of one. */
export function scanPage(open) {
  return layout('扫一扫', html`<section>
<h2>等待付款的二维码</h2>
${open.length === 0 ? html`<p id="none">还没有。在网站上选择微信支付，然后刷新此页。</p>` : html`<ul>${open.map((order) => html`
<li><a class="code" href="${scanUrl(order.code_urls.at(-1))}"><span>${order.given.description}</span><span>¥${yuan(order.total)}</span></a></li>`)}</ul>`}
</section>
<form class="order" method="get" action="/wechat/scan">
<label for="code_url">二维码的内容</label>
<input id="code_url" name="code_url" placeholder="weixin://wxpay/bizpayurl?pr=…" required>
<button type="submit">识别</button>
</form>`);
}

export function confirmPage(order, codeUrl) {
  return layout('确认付款', html`<p class="payee">${order.given.description}</p>
<p class="amount" id="amount">¥${yuan(order.total)}</p>
<form class="order" method="post" action="/wechat/scan">
<dl>
<dt>商户单号</dt><dd id="out_trade_no">${order.out_trade_no}</dd>
<dt>付款方式</dt><dd>零钱</dd>
</dl>
<input type="hidden" name="code_url" value="${codeUrl}">
<button id="pay" type="submit">立即支付</button>
</form>`);
}

export function paidPage(order) {
  return layout('支付成功', html`<p class="payee">${order.given.description}</p>
<p class="amount">¥${yuan(order.total)}</p>
<section role="status">支付成功，网页会自动更新。</section>`);
}

export function refusedPage(message) {
  return layout('无法支付', html`<section role="alert" id="refused">${message}</section>`);
}
