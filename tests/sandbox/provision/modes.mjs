import { drip, dropConnection, hang, redirect, send, sendJson, HUGE_BYTES, PROXY_PAGE } from '../http/answer.mjs';

/**
 * Ways to misbehave.
 *
 * `result`    the service itself says this instead of working; remembered under the key like any answer
 * `effect`    whether the work is done before the answer is spoilt (a control call may override it)
 * `remember`  whether the work's own answer goes into the memory (likewise)
 * `instant`   answered before any work, whatever the key
 * `present`   how the answer leaves: (res, {status, body}, req)
 */
export const MODES = {
  ok: { effect: true, remember: true, present: sendResult },
  error_json_500: {
    result: { status: 500, body: { error: 'chatwoot request failed', detail: 'inbox could not be created' } },
    effect: false, remember: true, present: sendResult,
  },
  error_502: {
    result: { status: 502, body: { error: 'chatwoot is unreachable', detail: 'connection refused' } },
    effect: false, remember: true, present: sendResult,
  },
  ok_with_error: {
    result: { status: 200, body: { error: 'chatwoot request failed' } },
    effect: false, remember: true, present: sendResult,
  },
  error_html_500: { effect: false, remember: true, present: (res) => sendHtml(res, 500) },
  html: { effect: false, remember: true, present: (res) => sendHtml(res, 200) },
  ok_without_inbox: { effect: false, remember: true, present: onSuccess(({ inbox_id: _, ...rest }) => rest) },
  inbox_not_integer: {
    effect: false, remember: true, present: onSuccess((body) => ({ ...body, inbox_id: `${body.inbox_id}` })),
  },
  bad_json: {
    effect: false, remember: true,
    present: (res, { body }) => send(res, 200, 'application/json', JSON.stringify(body).slice(0, -20)),
  },
  huge: { effect: true, remember: true, present: onSuccess((body) => ({ padding: 'x'.repeat(HUGE_BYTES), ...body })) },
  drip: {
    effect: true, remember: true,
    present: (res, { body }) => drip(res, 'application/json; charset=utf-8', JSON.stringify(body)),
  },
  hang: { effect: true, remember: true, present: hang },
  crash_after_effect: { effect: true, remember: false, present: dropConnection },
  redirect: { instant: true, effect: false, remember: false, present: (res, _, req) => redirect(res, 302, req.url) },
  unauthorized: { instant: true, effect: false, remember: false, present: sendUnauthorized },
  refused: null, // no connection reaches the service: the listening socket is closed
};

/** The framework's own refusal: JSON, labelled as HTML. */
export function sendUnauthorized(res) {
  send(res, 401, 'text/html; charset=utf-8', JSON.stringify({ error: 'Unauthorized' }));
}

function sendResult(res, { status, body }) {
  sendJson(res, status, body);
}

function sendHtml(res, status) {
  send(res, status, 'text/html; charset=utf-8', PROXY_PAGE);
}

/** Changes the body of a success; a failure leaves as it is. */
function onSuccess(change) {
  return (res, { status, body }) => sendJson(res, status, status === 200 && !body.error ? change(body) : body);
}
