import { formatShanghai } from '../clock.mjs';
import { html } from '../http/html.mjs';
import { formatYuan } from './money.mjs';

const STYLE = html`
  :root { color-scheme: light dark; --accent: #0f62d9; --ground: #f3f5f8; --card: #fff; --text: #1f2329; --soft: #5c6470; --line: #e4e8ee; }
  @media (prefers-color-scheme: dark) {
    :root { --accent: #1f6ee0; --ground: #14171c; --card: #1d2229; --text: #eceff3; --soft: #a3abb8; --line: #323944; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
  main { max-width: 480px; margin: 0 auto; padding: 32px 16px; }
  header { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 16px; }
  h1 { margin: 0; font-size: 20px; }
  .tag { padding: 0 8px; border: 1px solid var(--line); border-radius: 4px; color: var(--soft); font-size: 14px; }
  section { padding: 24px; border-radius: 8px; background: var(--card); }
  .amount { margin: 0 0 24px; text-align: center; font-size: 40px; font-weight: 600; line-height: 1.2; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; margin: 0 0 24px; padding-top: 24px; border-top: 1px solid var(--line); }
  dt { color: var(--soft); }
  dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
  button { width: 100%; min-height: 48px; border: 0; border-radius: 8px; background: var(--accent); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
  .cancel { display: block; margin-top: 8px; padding: 12px; text-align: center; color: var(--soft); }
  button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .note { margin: 16px 0 0; color: var(--soft); font-size: 14px; text-align: center; }
`;

function layout(title, content) {
  return html`<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>收银台</h1><span class="tag">沙箱环境</span></header>
${content}
</main>
</body>
</html>
`.toString();
}

export function cashierPage(trade) {
  const cancelUrl = trade.quit_url ?? trade.return_url;
  return layout('收银台 · 沙箱', html`<section>
<p class="amount">¥ ${formatYuan(trade.total_fen)}</p>
<dl>
<dt>商品</dt><dd id="subject">${trade.subject}</dd>
<dt>订单号</dt><dd id="out_trade_no">${trade.out_trade_no}</dd>
<dt>付款截止</dt><dd>${trade.expires_at === null ? '不限' : formatShanghai(trade.expires_at)}</dd>
</dl>
<form method="post" action="/cashier/${trade.cashier_id}/pay"><button id="pay" type="submit">立即付款</button></form>
${cancelUrl ? html`<a class="cancel" id="cancel" href="${cancelUrl}">取消</a>` : ''}
</section>
<p class="note">这里不会扣除真实的款项。</p>`);
}

export function paidPage(trade) {
  return layout('付款成功', html`<section>
<p class="amount">¥ ${formatYuan(trade.total_fen)}</p>
<p class="note" role="status">付款成功，可以关闭此页面。</p>
</section>`);
}

/** Where Alipay shows its 调试错误 page: the request cannot become a trade. */
export function errorPage(error) {
  return layout('调试错误', html`<section role="alert">
<p><strong>调试错误，请回到请求来源地，重新发起请求。</strong></p>
<dl>
<dt>错误代码</dt><dd id="error_code">${error.subCode.replace(/^is[vp]\./, '')}</dd>
<dt>错误原因</dt><dd id="error_reason">${error.subMsg}</dd>
</dl>
</section>`);
}
