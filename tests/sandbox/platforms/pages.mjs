import { html } from '../http/html.mjs';

const STYLE = html`
  :root { color-scheme: light dark; --accent: #3b5bdb; --ground: #f1f3f7; --card: #fff; --text: #1d2129; --soft: #5b6270; --line: #dfe3ea; }
  @media (prefers-color-scheme: dark) {
    :root { --accent: #4a69e2; --ground: #13161c; --card: #1d222b; --text: #eceff4; --soft: #a5adba; --line: #333b47; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
  main { max-width: 480px; margin: 0 auto; padding: 32px 16px; }
  header { display: flex; justify-content: space-between; align-items: baseline; margin-bottom: 16px; }
  h1 { margin: 0; font-size: 20px; }
  .tag { padding: 0 8px; border: 1px solid var(--line); border-radius: 4px; color: var(--soft); font-size: 14px; }
  section, form { padding: 24px; border-radius: 12px; background: var(--card); }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 8px 16px; margin: 0 0 24px; }
  dt { color: var(--soft); }
  dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
  label { display: block; margin-bottom: 8px; font-weight: 600; }
  input { width: 100%; min-height: 48px; margin-bottom: 8px; padding: 8px 12px; border: 1px solid var(--soft); border-radius: 8px; background: transparent; color: inherit; font: inherit; }
  .hint { margin: 0 0 24px; color: var(--soft); font-size: 14px; }
  .choice { display: grid; grid-template-columns: 1fr 2fr; gap: 16px; }
  button { min-height: 48px; border: 1px solid var(--soft); border-radius: 8px; background: transparent; color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
  button[value="allow"] { border-color: var(--accent); background: var(--accent); color: #fff; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .note { margin: 16px 0 0; color: var(--soft); font-size: 14px; text-align: center; }
`;

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
<main>
<header><h1>${title}</h1><span class="tag">沙箱环境</span></header>
${content}
<p class="note">这里不会登录真实的店铺。</p>
</main>
</body>
</html>
`.toString();
}

/** The seller is taken to be signed in; a name of another shop stands for another seller. */
export function consentPage({ channel, title, application, request, shop }) {
  return layout(`${title} 授权`, html`<form method="post" action="/platforms/${channel}/authorize">
<dl>
<dt>应用</dt><dd id="application">${application}</dd>
<dt>授权内容</dt><dd>读取商品和订单信息</dd>
</dl>
<input type="hidden" name="request" value="${request}">
<label for="shop">店铺</label>
<input id="shop" name="shop" value="${shop}" maxlength="60" autocomplete="off">
<p class="hint">填写别的名称，就是用另一家店铺授权。</p>
<div class="choice">
<button id="deny" name="decision" value="deny" type="submit">拒绝</button>
<button id="allow" name="decision" value="allow" type="submit">同意授权</button>
</div>
</form>`);
}

/** The request is not one that the platform would ask its seller about: there is no way back to the site. */
export function refusedPage({ title, reason }) {
  return layout(`${title} 授权失败`, html`<section role="alert" id="refused">${reason}</section>`);
}
